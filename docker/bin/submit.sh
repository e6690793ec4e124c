#!/usr/bin/env bash
# Submits the job to a Flink cluster and ends; does nothing where a job of that name runs already.
#
# submit.sh [options of the job]
#   FLINK_HOME         the Flink that submits (default: /opt/flink)
#   FLINK_JOBMANAGER   host:port of the cluster's REST endpoint (default: jobmanager:8081)
#   FOCUS_JAR          the job's jar (default: $FLINK_HOME/usrlib/focus-job.jar)
#   FOCUS_CLASS        its entry class (default: io.focusstream.jobs.FocusJob)
#   FOCUS_NAME         the job's name (default: FocusStream)
#   FOCUS_RUN_OPTIONS  further options of `flink run`, separated by blanks
#   FOCUS_RESTORE      savepoint or checkpoint to begin with
#   FOCUS_RESTORE_FROM a folder: begin with the newest savepoint or checkpoint below it, if there is one
set -euo pipefail

flink="${FLINK_HOME:-/opt/flink}"
jobmanager="${FLINK_JOBMANAGER:-jobmanager:8081}"
name="${FOCUS_NAME:-FocusStream}"
# Two jobs with the same transactional ids would throw each other out.
running="$("$flink/bin/flink" list -m "$jobmanager")"
if grep --fixed-strings --quiet " : $name (" <<<"$running"; then
  echo "submit.sh: $name runs already on $jobmanager"
  exit 0
fi
restore="${FOCUS_RESTORE:-}"
if [[ -z "$restore" && -n "${FOCUS_RESTORE_FROM:-}" && -d "$FOCUS_RESTORE_FROM" ]]; then
  # A checkpoint is complete when its _metadata is there.
  newest="$(find "$FOCUS_RESTORE_FROM" -name _metadata -type f -printf '%T@ %h\n' | sort -n | tail -n 1)"
  restore="${newest#* }"
fi
options=(-d -m "$jobmanager" -c "${FOCUS_CLASS:-io.focusstream.jobs.FocusJob}")
if [[ -n "$restore" ]]; then
  echo "submit.sh: begins with $restore"
  options+=(-s "$restore")
else
  echo "submit.sh: begins without state"
fi
# shellcheck disable=SC2206 # options are separated by blanks
options+=(${FOCUS_RUN_OPTIONS:-})
exec "$flink/bin/flink" run "${options[@]}" "${FOCUS_JAR:-$flink/usrlib/focus-job.jar}" --name "$name" "$@"
