# One image for every role. glibc, because uWebSockets.js and DuckDB need it.
FROM node:22-bookworm-slim AS build
WORKDIR /logboy
COPY package.json package-lock.json ./
COPY sdk/package.json sdk/
RUN npm install --ignore-scripts --no-audit --no-fund
COPY . .
RUN node node_modules/typescript/bin/tsc -p sdk/tsconfig.build.json \
 && node node_modules/vite/bin/vite.js build --config ui/vite.config.ts --logLevel warn \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 # The image has a Node of its own.
 && rm -rf node_modules/node-linux-* node_modules/node-bin-* node_modules/.bin/node \
 # Of the many binaries of uWebSockets.js this machine's Node loads one.
 && find node_modules/uWebSockets.js/dist/bin -name 'uws_*.node' \
      ! -name "uws_linux_$(node -p process.arch)_$(node -p process.versions.modules).node" -delete \
 && rm -rf bench docs examples .github ui/src ui/testing \
 && node scripts/fill-typescript-cache.mjs actors proto runtime \
 && node actors/catalog/init-database.ts \
 # The database without tables is for making the one with them.
 && find node_modules/.cache/logboy -maxdepth 1 -name 'pglite-*' ! -name 'pglite-*-*' \
      -exec rm -r '{}' + \
 # PostgreSQL keeps files for its user alone; who copies them here is another one.
 && chmod -R a+rX node_modules/.cache

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    NODE_OPTIONS=--import=/logboy/scripts/typescript-cache.mjs \
    UV_THREADPOOL_SIZE=16 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    LIBUS_LISTEN_EXCLUSIVE_PORT=1 \
    UWS_HTTP_MAX_HEADERS_SIZE=16384 \
    LOGBOY_DATA=/data \
    LOGBOY_HOST=0.0.0.0
WORKDIR /logboy
COPY --from=build --chown=root:root /logboy ./
RUN install -d -o node -g node -m 700 /data
# node, by number: so that Kubernetes can tell that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 4000 4317 4318
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --retries=3 \
  CMD ["node", "actors/cli/logboy.ts", "health", "--url", "http://127.0.0.1:4000"]
# The flags are SERVER_FLAGS of scripts/bootstrap.mjs.
ENTRYPOINT ["node", "--max-inlined-bytecode-size-cumulative=300", "--initial-old-space-size=96", \
  "--min-semi-space-size=4", "--experimental-async-context-frame", "actors/cli/logboy.ts"]
CMD ["serve"]
