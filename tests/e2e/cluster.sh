# shellcheck shell=bash disable=SC2034 # variables serve those that read this file
# A real Slurm on the hosts of hosts.sh: for tests that read this file after common.sh. Where its programs are not
# installed, or do not start, such a test ends as skipped.
#
# A node that is silent is down after ten seconds, and jobs that wait begin at once.
if [ -z "${KITH_WORLD:-}" ]; then
    for program in munged slurmctld slurmd srun sbatch scontrol; do
        if ! PATH=$PATH:/usr/sbin command -v $program >/dev/null; then
            skip "a real Slurm" "there is no $program"
            exit 0
        fi
    done
    if [ "$(id -u)" -ne 0 ]; then skip "a real Slurm" "its daemons want root"; exit 0; fi
fi
source "$top_srcdir/tests/e2e/hosts.sh"
PATH=$PATH:/usr/sbin

mkdir state pids
chmod 755 "$work"
{
    echo '127.0.0.1 localhost'
    for h in 1 2 3; do echo "$(address $h) ${names[h]}"; done
} >names
for h in 1 2 3; do on $h mount --bind "$work/names" /etc/hosts; done
head -c 64 /dev/urandom >munge.key
chmod 400 munge.key
munged --force --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munge.pid" \
    --log-file="$work/munge.log" --seed-file="$work/munge.seed" 2>/dev/null
{
    echo "ClusterName=kith
SlurmctldHost=kith-one($(address 1))
SlurmUser=root
AuthInfo=socket=$work/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerNode=1000
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmdPidFile=$work/pids/%n.pid
SlurmctldPidFile=$work/pids/control.pid
SlurmctldLogFile=$work/control.log
SlurmdLogFile=$work/node-%n.log
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
SlurmdTimeout=10
SchedulerParameters=sched_interval=1,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE"
    for h in 1 2 3; do echo "NodeName=${names[h]} NodeAddr=$(address $h) CPUs=2 RealMemory=4000"; done
    echo 'PartitionName=low Nodes=ALL Default=YES PriorityTier=1 GraceTime=20
PartitionName=hard Nodes=ALL PriorityTier=1 GraceTime=0
PartitionName=high Nodes=ALL PriorityTier=9 PreemptMode=OFF'
} >slurm.conf
echo 'CgroupPlugin=cgroup/v1' >cgroup.conf
# what its servers leave is each host's own
echo "PMIxCliTmpDirBase=$TMPDIR" >mpi.conf
export SLURM_CONF=$work/slurm.conf
slurmctld -c
node() { on "$1" env SLURM_CONF="$SLURM_CONF" PATH="$PATH" TMPDIR="$TMPDIR" slurmd -N "${names[$1]}" 2>/dev/null; }
for h in 1 2 3; do node $h; done
up() { [ "$(sinfo -h -p low -t idle -o %D)" = 3 ]; }
patience=30
if ! wait_until up; then
    skip "a real Slurm" "it does not start: $(tail -n 2 control.log node-*.log | tr '\n' ' ')"
    exit 0
fi
patience=240
leave_cluster()
{
    scontrol shutdown >/dev/null 2>&1
    wait_until [ ! -e pids/control.pid ]
    kill "$(cat munge.pid)"
    finish
}

# ---- an experiment, and what it is on one host

cat >exp.ini <<'INI'
[run]
algorithm = dsgd
model = mlp
dataset = glyphs
topology = ring
learners = 6
rounds = 200
[mlp]
hidden = 20
[glyphs]
train = 240
test = 120
[local]
steps = 20
[eval]
every = 20
[checkpoint]
every = 20
INI
run "$kith" run --quiet exp.ini --set run.output=whole
expect "a run on one host" 0 ''
whole=$(digest whole)
same() { [ "$(digest "$1")" = "$whole" ]; }

# ---- jobs of the template

# submit NAME OPTION...: of sbatch. The experiment's run is in run, what the job says in NAME.log.
submit()
{
    rm -rf run "$1.log"
    batch "$1" --nodes=2 --ntasks-per-node=1 "${@:2}" "$top_srcdir/launch/slurm.sbatch" exp.ini --set run.output=run
}
# batch NAME WORD...: sbatch. Leaves its number in $job.
batch()
{
    job=$(KITH=$kith sbatch --parsable --output="$work/$1.log" --time=10 "${@:2}")
}
state() { scontrol show job "$job" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | sort -u; }
is() { [ "$(state)" = "$1" ]; }
reached() { [ "$(sqlite3 -readonly run/kith.db 'select max(round) from metrics' 2>/dev/null || echo 0)" -ge 20 ]; }
turns() { scontrol show job "$job" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p' | head -n 1; }
# A job that was put back waits for two minutes, in case its nodes are not clean; some seconds are needed.
hurry()
{
    local starts
    starts=$(scontrol show job "$job" | sed -n 's/.*JobState=PENDING.*/pending/p; s/.* StartTime=\([^ ]*\) .*/\1/p' | tail -n 2)
    case $starts in pending*20*) ;; *) return ;; esac
    if [ "$(date -d "${starts##*$'\n'}" +%s)" -gt $(($(date +%s) + 20)) ]; then
        scontrol update job "$job" starttime=now+3 2>/dev/null
    fi
}
arrived() { is "$1" || { hurry && false; }; }
ends() { wait_until arrived "$1"; }
# ends_well NAME LOG
ends_well()
{
    if ends COMPLETED && [ "$(turns)" -ge 1 ]; then ok "$1 is put back, and ends"; else
        not_ok "$1 is put back, and ends" "$(state), turns $(turns)" "$(tail -n 20 "$2.log")" \
            "$(tail -n 5 control.log)"
    fi
    check "with the bits of one host" same run
}
