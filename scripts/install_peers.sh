#!/usr/bin/env bash
# Installs the programs that the tests use (Debian, as root). None of them is started as a service.
#
# Time daemons conflict with each other, and so do inetds: those are unpacked into a folder
# (TIMESRV_PEERS) instead of being installed, so that this machine's own time service stays as it is.
set -euo pipefail

peers=${TIMESRV_PEERS:-/var/tmp/timesrv-peers}

installed=(
  python3 python3-pytest zsh fish iproute2 util-linux busybox-static
  rdate netcat-openbsd tshark wireshark-common
  # Both formatters check the manual pages.
  mandoc groff-base
  # A checker of shell scripts.
  shellcheck
  # Container images, built and run without a registry.
  buildah podman podman-compose runc mmdebstrap containernetworking-plugins iptables
  # The Debian package, built and checked.
  debhelper dpkg-dev lintian
  # A terminal whose contents and processes the tests can read.
  tmux procps
  # The firewall of a test.
  nftables
  # The files that an executable of `deno compile` opens.
  strace
  # A clock that steps, and the checker of unit files; neither starts a service.
  faketime systemd
  # The browser that shows the status page.
  chromium
  # For the examples of docs/testing.md.
  golang-go
  # C compilers give the struct layouts to compare with; an emulator runs what is for arm64.
  gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross libgcc-s1-arm64-cross qemu-user-static
  # Needed by the unpacked programs.
  libbsd0 libcap2 libedit2 libgnutls30 libnettle8 libseccomp2 libselinux1 libssl3 libtirpc3 libwrap0
  netbase tzdata
)
# Folder, then the packages unpacked into it.
unpacked=(
  "chrony chrony"
  "ntpsec ntpsec ntpsec-ntpdig ntpsec-ntpdate python3-ntp"
  "openntpd openntpd"
  "xinetd xinetd"
  "inetutils-inetd inetutils-inetd"
  # They would be started as services.
  "prometheus prometheus prometheus-node-exporter"
)

# apt fails while another process holds its lock or a mirror is being updated.
thrice() {
  "$@" || { sleep 5 && "$@"; } || { sleep 5 && "$@"; }
}

unpack() {
  local folder=$peers/$1 downloads
  shift
  downloads=$(mktemp -d)
  # apt downloads as the user _apt.
  chown _apt "$downloads"
  (cd "$downloads" && thrice apt-get download -qq "$@")
  rm -rf "$folder"
  mkdir -p "$folder"
  for archive in "$downloads"/*.deb; do dpkg-deb --extract "$archive" "$folder"; done
  rm -rf "$downloads"
}

# In /var/tmp another user could have made it, and exchange programs that root runs.
mkdir -p "${peers%/*}"
mkdir -m 755 "$peers" 2>/dev/null || true
if [ -L "$peers" ] || [ ! -O "$peers" ] || [ -n "$(find "$peers" -maxdepth 0 -perm /022)" ]; then
  echo "install_peers: $peers is a link, or another user can change it" >&2
  exit 1
fi

thrice apt-get update -qq
DEBIAN_FRONTEND=noninteractive thrice apt-get install -y -qq --no-install-recommends \
  "${installed[@]}" >/dev/null
for line in "${unpacked[@]}"; do
  read -ra words <<<"$line"
  unpack "${words[@]}"
done

# ntpsec's Python module looks for its library beside itself or where it would be installed.
library=$(cd "$peers/ntpsec" && echo usr/lib/*/ntp/libntpc.so)
ln -sf "$peers/ntpsec/$library" "$peers/ntpsec/usr/lib/python3/dist-packages/ntp/"

# What images are built from. An older one has no certificates.
if ! tar -tf "$peers/debian.tar" 2>/dev/null | grep ca-certificates.crt >/dev/null; then
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  thrice mmdebstrap --quiet --variant=essential --include=libgcc-s1,ca-certificates "$codename" "$peers/new.tar"
  mv "$peers/new.tar" "$peers/debian.tar"
fi
