# installed.sh ROOT BUILD WORK, inside "unshare -mn": install for good on a machine of its own, run it, use it, stop it.
set -eu
ROOT=$1 BUILD=$2 work=$3
mount --make-rprivate /
cp -a /etc "$work/etc"
mount --bind "$work/etc" /etc
for place in /var/spool /var/log /opt; do mount -t tmpfs none "$place"; done
mount -t tmpfs -o mode=2775 none /var/mail
chgrp mail /var/mail
ip link set lo up
sed 's|^BIN_DIRECTORY=.*|BIN_DIRECTORY=/opt/sbin|; s|^MAN_DIRECTORY=.*|MAN_DIRECTORY=/opt/man|' "$BUILD/settings" >"$work/settings"
"$ROOT/scripts/install_program" "$BUILD/tern" "" "$work/settings" exim sendmail mailq newaliases

/opt/sbin/tern -bV >/dev/null
useradd --home-dir /opt/ann --create-home ann
echo 'postmaster: ann' >/etc/aliases
as_games="setpriv --reuid=games --regid=games --clear-groups"

# wait_for TEXT FILE -- until the file holds the text, at most 20 seconds
wait_for() {
    tries=0
    until grep -qs "$1" "$2"; do
        tries=$((tries + 1))
        [ $tries -lt 400 ] || { echo "no \"$1\" in $2"; cat /var/log/tern/*; exit 1; }
        sleep 0.05
    done
}
/opt/sbin/tern -bd -q30m
wait_for '[0-9]' /var/spool/tern/tern-daemon.pid
pid=$(cat /var/spool/tern/tern-daemon.pid)
trap 'kill "$pid" 2>/dev/null || true' EXIT
printf 'Subject: by the set-uid program\n\nx\n' | $as_games /opt/sbin/sendmail postmaster
wait_for 'by the set-uid program' /var/mail/ann
[ "$(stat -c %U /var/mail/ann)" = ann ]
/opt/sbin/mailq
kill "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
[ ! -e /var/spool/tern/tern-daemon.pid ]
[ ! -e /var/log/tern/paniclog ] || { cat /var/log/tern/paniclog; exit 1; }
find /opt/sbin /var/spool/tern -perm /6000 -uid 0 | grep . && { echo "set-uid root"; exit 1; }
printf 'Subject: without a daemon\n\nx\n' | $as_games /opt/sbin/sendmail postmaster
/opt/sbin/tern -bpc | grep -qx 1
/opt/sbin/tern -q
wait_for 'without a daemon' /var/mail/ann
echo "installed, used and stopped"
