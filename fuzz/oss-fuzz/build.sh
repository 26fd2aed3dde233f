#!/usr/bin/env bash
# Builds all targets into $OUT, each with its seeds, dictionary and limits, as OSS-Fuzz and
# ClusterFuzzLite want them. Run it by hand with OUT set to see what they get.
set -euo pipefail
cd "${FIRSTKEY:-$SRC/firstkey}"
mkdir -p "$OUT"
# The images have a nightly compiler; with a stable one, the sanitizer's flags need this.
export RUSTC_BOOTSTRAP=1
cargo fuzz build -O --debug-assertions --features client,server
host=$(rustc -vV | sed -n 's/^host: //p')
python3 fuzz/fuzz pack "$OUT"
for target in $(python3 fuzz/fuzz list | cut -d' ' -f1); do
  cp "fuzz/target/$host/release/$target" "$OUT/"
  {
    printf '[libfuzzer]\ntimeout = 20\nrss_limit_mb = 2048\n'
    [ ! -e "$OUT/$target.dict" ] || printf 'dict = %s.dict\n' "$target"
  } > "$OUT/$target.options"
done
