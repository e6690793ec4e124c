#!/usr/bin/env bash
# Puts FocusStream into a Flink: DJL and its natives into lib/, where they are loaded once a process;
# the job's jar into usrlib/, where application mode looks for it; focus and submit.sh into bin/.
#
# install.sh [--without-libtorch] FLINK_HOME
#   --without-libtorch  leaves the bundled libtorch (CPU) out, where another is named by
#                       PYTORCH_LIBRARY_PATH
set -euo pipefail

die() {
  echo "install.sh: $*" >&2
  exit 1
}

home="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
libtorch=yes
if [[ "${1:-}" == --without-libtorch ]]; then
  libtorch=no
  shift
fi
[[ $# -eq 1 ]] || die "usage: install.sh [--without-libtorch] FLINK_HOME"
flink="$1"
[[ -d "$flink/lib" ]] || die "$flink is no Flink: it has no lib/"
[[ -f "$home/job/focus-job.jar" ]] || die "$home has no job/focus-job.jar; build it with ./mvnw package"

# Two versions in one lib/ would be loaded by chance.
for jar in "$flink"/lib/{api,pytorch-engine,pytorch-jni,pytorch-native,tokenizers,jna,gson}-*.jar; do
  [[ -e "$jar" ]] || continue
  [[ -e "$home/lib/$(basename "$jar")" ]] || die "$jar is of another version; take it away first"
done
mkdir -p "$flink/usrlib"
for jar in "$home"/lib/*.jar; do
  [[ "$libtorch" == no && "$(basename "$jar")" == pytorch-native-* ]] && continue
  cp "$jar" "$flink/lib/"
done
cp "$home/job/focus-job.jar" "$flink/usrlib/"
mkdir -p "$flink/bin"
cp "$home"/bin/{focus,submit.sh} "$flink/bin/"
echo "installed in $flink"
