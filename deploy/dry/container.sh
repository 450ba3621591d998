# Runs one program as a container's: in a mount namespace of its own, with a root folder that holds
# this machine's programs, its mounts, and nothing that can be written unless the mounts say so.
# Everything is gone when the program ends. In the environment: ROOT (an empty folder), HOSTS (a
# file), MOUNTS (lines `kind path source`), READ_ONLY and USER_ID (may be empty); then the program.
set -eu
mount -t tmpfs -o mode=755 tmpfs "$ROOT"
for name in usr bin sbin lib lib32 lib64 dev proc; do
  if [ -L "/$name" ]; then cp -P "/$name" "$ROOT/$name"; continue; fi
  [ -d "/$name" ] || continue
  mkdir "$ROOT/$name"
  mount --rbind "/$name" "$ROOT/$name"
  case $name in dev | proc) ;; *) mount -o remount,bind,ro "$ROOT/$name" ;; esac
done
mkdir -p "$ROOT/etc" "$ROOT/var" "$ROOT/run"
for name in passwd group nsswitch.conf ld.so.cache ssl; do
  [ ! -e "/etc/$name" ] || cp -R "/etc/$name" "$ROOT/etc/$name"
done
cp "$HOSTS" "$ROOT/etc/hosts"
ln -s /run "$ROOT/var/run"
echo "$MOUNTS" | while read -r kind path source; do
  [ -n "$kind" ] || continue
  if [ "$kind" = tmpfs ]; then
    mkdir -p "$ROOT$path"
    mount -t tmpfs -o mode=1777 tmpfs "$ROOT$path"
    continue
  fi
  if [ -d "$source" ]; then mkdir -p "$ROOT$path"; else mkdir -p "$ROOT${path%/*}"; : >>"$ROOT$path"; fi
  mount --bind "$source" "$ROOT$path"
  [ "$kind" = rw ] || mount -o remount,bind,ro "$ROOT$path"
done
[ -z "$READ_ONLY" ] || mount -o remount,ro "$ROOT"
if [ -n "$USER_ID" ]; then
  exec chroot "$ROOT" /usr/bin/setpriv --reuid="$USER_ID" --regid="$USER_ID" --clear-groups \
    --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
fi
exec chroot "$ROOT" "$@"
