# Runs once, while the layer is built.
if ! /usr/local/bin/node --version; then
  echo 'node: put a Node program at files/usr/local/bin/node before sending this layer' >&2
  exit 1
fi
