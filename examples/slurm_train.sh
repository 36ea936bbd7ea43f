#!/usr/bin/env bash
# Train on two nodes of four GPUs each, for as long as it takes, whatever the time limit of a job is:
#
#     sbatch examples/slurm_train.sh DATA_DIR RUN_NAME [FLAG OF seqsetvae-train...]
#
# SLURM starts one process per GPU; Lightning finds them by itself. Watch from the login node:  seqsetvae-watch logs
#
# Three minutes before its time is up the job asks training to stop, which ends its step and writes a checkpoint, and
# puts itself back into the queue; there it goes on from last.ckpt. A preempted or cancelled job saves in the same way;
# SLURM requeues what it preempted by itself. Submitted again by hand with the same name, a run goes on too.
#
# Nodes, tasks and CPUs can be changed here or on the command line of sbatch; the flags below follow.
#SBATCH --job-name=seqsetvae
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --mem=64G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.out
# To this script alone (B:); the tasks would requeue the job by themselves.
#SBATCH --signal=B:USR1@180
set -euo pipefail

usage="usage: sbatch examples/slurm_train.sh DATA_DIR RUN_NAME [FLAG...]"
data_dir=${1:?$usage}
run_name=${2:?$usage}
shift 2
last=checkpoints/$run_name/last.ckpt
grace=${STOP_SECONDS:-120} # what hangs for longer is killed; last.ckpt is five minutes old then, at most
requeue=
step=
deadline= # in seconds of this script, once training has been asked to stop

main() {
    local resume=() code=0
    if [[ -e $last ]]; then
        resume=(--resume_from_checkpoint "$last")
    fi
    trap 'requeue=yes; stop USR1' USR1
    trap 'stop TERM' TERM
    # Since SLURM 22.05 a step no longer takes over the job's --cpus-per-task by itself.
    srun --kill-on-bad-exit=1 --cpus-per-task="$SLURM_CPUS_PER_TASK" \
        seqsetvae-train \
        --data_dir "$data_dir" \
        --run_name "$run_name" \
        --output_dir checkpoints \
        --log_dir logs \
        --num_nodes "$SLURM_JOB_NUM_NODES" \
        --devices "$SLURM_NTASKS_PER_NODE" \
        --strategy ddp \
        --num_workers "$SLURM_CPUS_PER_TASK" \
        --precision bf16-mixed \
        "${resume[@]}" "$@" &
    step=$!
    wait_for_step || code=$?
    if [[ -n $requeue ]] && ! has_finished; then
        echo "$SLURM_JOB_ID goes back into the queue, to go on from $last."
        scontrol requeue "$SLURM_JOB_ID"
    fi
    return "$code"
}

# Training may reach its end in the very minutes in which it is asked to stop.
has_finished() {
    grep -qs '"state": *"finished"' "logs/$run_name/run.json"
}

# srun hands SIGTERM on to every task.
stop() {
    echo "SIG$1: training stops after its step, and saves."
    deadline=$((SECONDS + grace))
    [[ -z $step ]] || kill -TERM "$step" 2>/dev/null || true
}

# A trapped signal ends `wait`, long before the step has ended.
wait_for_step() {
    local code=0 again=0
    wait "$step" || code=$?
    while kill -0 "$step" 2>/dev/null; do
        if ((SECONDS > deadline)); then
            echo "Training has not stopped in $grace seconds, and is killed."
            kill -KILL "$step" 2>/dev/null || true
        fi
        sleep 0.5
    done
    wait "$step" || again=$?
    if ((again != 127)); then # 127: the first `wait` has said it already
        code=$again
    fi
    return "$code"
}

main "$@"
