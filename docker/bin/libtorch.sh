#!/usr/bin/env bash
# Fetches a libtorch of PyTorch's and keeps its libraries: what PYTORCH_LIBRARY_PATH is to name.
#
# libtorch.sh URL FOLDER [SHA256]
set -euo pipefail

die() {
  echo "libtorch.sh: $*" >&2
  exit 1
}

[[ $# -ge 2 ]] || die "usage: libtorch.sh URL FOLDER [SHA256]"
url="$1"
folder="$2"
sha256="${3:-}"
[[ ! -e "$folder" ]] || die "$folder is there already"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
curl --fail --silent --show-error --location --output "$work/libtorch.zip" "$url"
if [[ -n "$sha256" ]]; then
  echo "$sha256  $work/libtorch.zip" | sha256sum --check --quiet || die "$url is not what was expected"
else
  echo "libtorch.sh: sha256 of $url is $(sha256sum <"$work/libtorch.zip")"
fi
unzip -q "$work/libtorch.zip" 'libtorch/lib/*' -d "$work"
[[ -e "$work/libtorch/lib/libtorch.so" ]] || die "$url has no libtorch/lib/libtorch.so"
# Archives and headers are for compilers.
rm -f "$work"/libtorch/lib/*.a
mkdir -p "$(dirname "$folder")"
mv "$work/libtorch/lib" "$folder"
chmod -R a+rX "$folder"
echo "libtorch is in $folder"
