#!/usr/bin/env bash
# Train in one pane of a tmux session and watch in the other; log out, and come back to both whenever you like:
#
#     examples/tmux_session.sh RUN_NAME [FLAG OF seqsetvae-train...]       begin, or attach where the run is there
#     ssh -t server examples/tmux_session.sh RUN_NAME                      the same from elsewhere
#
# Ctrl-b d leaves the session running, Ctrl-b o goes to the other pane. `q` in the watcher closes the watcher alone;
# Ctrl-C in the other pane ends training at its next step, with a checkpoint. Pass a setting with its flag:
# `--log_dir` is where the watcher looks, too.
#
# Each run has a tmux server of its own: its options leave your other sessions alone, and training has the environment
# that it was begun with, CUDA_VISIBLE_DEVICES for example. When all is read:  tmux -L seqsetvae-RUN_NAME kill-server
set -euo pipefail

run_name=${1:?usage: examples/tmux_session.sh RUN_NAME [FLAG OF seqsetvae-train...]}
shift
server=seqsetvae-${run_name//\//_}

main() {
    if ! command -v tmux >/dev/null; then
        echo "tmux is not installed; without it, run seqsetvae-train and seqsetvae-watch in two terminals" >&2
        exit 2
    fi
    if ! on_server has-session 2>/dev/null; then
        if (($# == 0)); then
            echo "$run_name has no session; to begin one, give the flags of seqsetvae-train, at least --data_dir" >&2
            exit 2
        fi
        begin "$@"
    fi
    if [[ -t 0 && -t 1 ]]; then
        # Inside another tmux, attaching would be refused; TMUX is how tmux tells.
        TMUX='' exec tmux -L "$server" attach
    fi
    echo "$run_name is in tmux; to see it: tmux -L $server attach"
}

begin() {
    local train watch logs
    logs=$(log_dir "$@")
    train=$(quoted seqsetvae-train --run_name "$run_name" "$@")
    watch="echo 'The watcher opens when training has begun.'"
    watch+="; until [ -e $(quoted "$logs/$run_name/run.json")]; do sleep 1; done"
    watch+="; exec $(quoted seqsetvae-watch "$logs" "$run_name")"
    on_server -f /dev/null new-session -d -s "${run_name//[.:]/_}" -x 200 -y 50 -c "$PWD" "$watch"
    # Colours and alerts of the watcher, its copying with `y`, and the mouse on its charts; what an older tmux does not
    # know is left out.
    on_server set -gq default-terminal tmux-256color
    on_server set -asq terminal-features ',*:RGB'
    on_server set -gq allow-passthrough on
    on_server set -gq set-clipboard on
    on_server set -gq mouse on
    # What training said last stays to be read after its end.
    on_server set -gq remain-on-exit on
    on_server split-window -d -v -l 12 -c "$PWD" "$train"
}

on_server() {
    tmux -L "$server" "$@"
}

# Where training will write its logs: the value of --log_dir, or its default.
log_dir() {
    local before='' word found=logs
    for word in "$@"; do
        case $word in
            --log_dir=* | --log-dir=*) found=${word#*=} ;;
            *) [[ $before != --log[_-]dir ]] || found=$word ;;
        esac
        before=$word
    done
    echo "$found"
}

quoted() {
    printf '%q ' "$@"
}

main "$@"
