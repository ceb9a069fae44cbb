# Runs once, while the layer is built.
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# Packages of Java write links below the folders of manual pages, which this Debian does not have.
mkdir -p /usr/share/man/man1
apt-get install -q -y --no-install-recommends default-jre-headless
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /usr/share/man/* /usr/share/doc/*
java -version
