# Runs once, while the layer is built.
if ! /usr/local/bin/node --version; then
  echo 'node-minimal: put a Node program at files/usr/local/bin/node, with the libraries that it links to, before sending this layer' >&2
  exit 1
fi
