#!/bin/sh
# Builds a box's root in namespaces of its own and becomes its PID 1. Usage: boxinit.sh IMAGE BOX NAME CAPABILITIES
# A box's /usr is this machine's below the image's; /etc, /var, /opt and /srv are the image's alone.
set -eu
image=$1 box=$2 name=$3 capabilities=$4 root=$2/root

echo "${name}" >/proc/sys/kernel/hostname
mount --bind "${root}" "${root}"
for part in usr etc var opt srv; do
  lower=${image}/${part}
  [ "${part}" != usr ] || lower=${lower}:/usr
  mount -t overlay "box-${part}" \
    -o "lowerdir=${lower},upperdir=${box}/upper/${part},workdir=${box}/work/${part}" "${root}/${part}"
done
mount --bind /var/lib/dpkg "${root}/var/lib/dpkg"
mount -o remount,bind,ro "${root}/var/lib/dpkg"

mount -t proc proc "${root}/proc"
mount --bind "${root}/proc/sys" "${root}/proc/sys" # this machine's knobs are not a box's to turn
mount -o remount,bind,ro "${root}/proc/sys"
[ ! -e "${root}/proc/sysrq-trigger" ] || mount --bind /dev/null "${root}/proc/sysrq-trigger"
mount -t sysfs -o ro sysfs "${root}/sys"
mount -t tmpfs -o mode=755 run "${root}/run"
mount -t tmpfs -o mode=755 dev "${root}/dev"
mkdir "${root}/dev/pts" "${root}/dev/shm" "${root}/run/lock"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "${root}/dev/pts"
mount -t tmpfs -o mode=1777 shm "${root}/dev/shm"
for node in null zero full random urandom tty; do
  : >"${root}/dev/${node}"
  mount --bind "/dev/${node}" "${root}/dev/${node}"
done
ln -s pts/ptmx "${root}/dev/ptmx"
ln -s /proc/self/fd "${root}/dev/fd"
ln -s fd/0 "${root}/dev/stdin"
ln -s fd/1 "${root}/dev/stdout"
ln -s fd/2 "${root}/dev/stderr"

cd "${root}"
pivot_root . mnt
cd /
umount -l /mnt
read -r _ # until whoever boots this box has plugged it in
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  setpriv --bounding-set "${capabilities}" --inh-caps -all \
  /usr/bin/python3 -IS /usr/local/sbin/boxd </dev/null
