# shellcheck shell=bash
# Sourced by scripts that start long work, so that being told to stop (Ctrl-C, SIGTERM) ends all of it, and at once.

started_by() {  # started_by PROCESS: what it has started, and what those have
  local child children=()
  { read -r -a children < "/proc/$1/task/$1/children"; } 2> /dev/null || true
  for child in "${children[@]}"; do
    started_by "$child"
    echo "$child"
  done
}

stop_started() {  # SIGTERM to all that this script has started, SIGKILL to what is left after two seconds, until nothing is
  local left again signal=TERM
  for ((again = 0; again < 50; again++)); do
    # Asked anew each time: one that was told to stop as it was forked forgets it, and starts another.
    mapfile -t left < <(started_by $$; jobs -pr)
    if ((again == 20)); then signal=KILL; fi
    if ! kill "-$signal" "${left[@]}" 2> /dev/null; then break; fi
    sleep 0.1
  done
  wait
}

stoppable() {  # stoppable COMMAND…: its status; a signal is taken while it runs, and not only at its end
  (trap - ERR INT QUIT TERM; "$@") <&0 &
  wait $!
}

stops_with() {  # stops_with FUNCTION: calls it when told to stop, then ends with 130 or 143 and all that has been started
  # shellcheck disable=SC2064  # the name is known now
  trap "trap '' INT TERM; trap - ERR; $1; stop_started; exit 130" INT
  # shellcheck disable=SC2064
  trap "trap '' INT TERM; trap - ERR; $1; stop_started; exit 143" TERM
}
