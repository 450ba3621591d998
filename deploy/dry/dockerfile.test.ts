import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDockerfile } from './dockerfile.ts'

const TEXT = `
FROM node AS build
RUN npm install
RUN one \\
 # why
 && two

FROM node
ENV A=1 \\
    B=x=y
WORKDIR /app
USER 1000:1000
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --retries=3 \\
  CMD ["node", "health"]
ENTRYPOINT ["node", "main"]
CMD ["serve"]
`

test('steps of the stage that builds, and what containers of the last one get', () => {
  assert.deepEqual(parseDockerfile(TEXT), {
    buildSteps: ['npm install', 'one && two'],
    image: {
      environment: { A: '1', B: 'x=y' },
      workingFolder: '/app',
      user: '1000:1000',
      entrypoint: ['node', 'main'],
      command: ['serve'],
      volumes: ['/data'],
      healthcheck: {
        test: ['CMD', 'node', 'health'],
        interval: '10s',
        timeout: '5s',
        start_period: '40s',
        retries: 3,
      },
    },
  })
})

test('what a container needs and the file does not say is named', () => {
  const without = TEXT.replace('WORKDIR /app', '')
  assert.throws(() => parseDockerfile(without), /last stage of the Dockerfile has no WORKDIR/)
})
