#!/usr/bin/env bash
# Packs what train.py needs on a machine without Java and without a network: a small Java runtime, our classes, the libraries that
# generators of batches use, tokenizer and books. Build first (./mvnw package), then:
#   jobs/src/main/python/pack.sh BOOKS CONFIG OUT.txz
# and there: tar -xJf OUT.txz; focus-pack/java CLASS ARGUMENTS … (FreshWeights, data.BatchMain; see train.py).
set -euo pipefail
if (($# != 3)); then
  sed -n '2,5p' "$0"
  exit 2
fi
books=$(realpath "$1") config=$(realpath "$2") out=$(realpath -m "$3")
cd "$(dirname "${BASH_SOURCE[0]}")/../../../.."
model=operators/src/main/resources/io/focusstream/models/small
[[ -f jobs/target/focus-classpath ]] || { echo "jobs/target/focus-classpath is missing: run ./focus --help once, which builds it" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack=$work/focus-pack
mkdir -p "$pack"/{lib,classes,books}
jlink --add-modules java.base,java.logging,jdk.unsupported --strip-debug --no-header-files --no-man-pages --output "$pack/jre"
for module in schemas operators jobs; do
  cp -r "$module/target/classes" "$pack/classes/$module"
done
rm -rf "$pack/classes/operators/io/focusstream/models"
tr ':' '\n' <jobs/target/focus-classpath | grep -E '/(jackson-(core|databind|annotations)|api|slf4j-api)-[0-9.]+\.jar$' |
  while read -r jar; do cp "$jar" "$pack/lib/"; done
cp "$books"/* "$pack/books/"
cp "$model/tokenizer.json" "$pack/"
cp "$config" "$pack/config.json"
cat >"$pack/java" <<'RUN'
#!/bin/bash
here=$(dirname "$(realpath "$0")")
path=$here/classes/jobs:$here/classes/operators:$here/classes/schemas
for jar in "$here"/lib/*.jar; do path+=:$jar; done
exec "$here/jre/bin/java" -Xmx6g -XX:+UseParallelGC -cp "$path" "$@"
RUN
chmod +x "$pack/java"
tar -C "$work" -cf - focus-pack | xz -T0 -3 >"$out"
ls -l "$out"
