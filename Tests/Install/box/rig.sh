#!/bin/bash
# Runs N.sh from the folder that the host shares, for N from 1, and leaves N.out and N.status there.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
shared=/run/host
read -r line < /proc/cmdline
[[ $line =~ rig=([^ ]+) ]] || exit 1
mkdir -p $shared
mount -t hostfs -o "${BASH_REMATCH[1]}" none $shared || exit 1
cd $shared || exit 1
n=1
while [ -e $n.status ]; do n=$((n + 1)); done
: > up.$n
while :; do
  if [ -e $n.sh ]; then
    (cd /root && exec bash $shared/$n.sh) > $n.out 2>&1 < /dev/null
    echo $? > $n.status.new
    mv $n.status.new $n.status
    n=$((n + 1))
  else
    sleep 0.02
  fi
done
