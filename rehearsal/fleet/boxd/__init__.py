"""The box's PID 1 and its systemctl and journalctl: what hooks and units use of systemd, without cgroups or D-Bus.

Stdlib only, because it runs under a box's own /usr/bin/python3.

| module      | its part                                                                              |
|-------------|---------------------------------------------------------------------------------------|
| manager     | PID 1: which units should run, their jobs, restarts and timers                        |
| supervisor  | one service's life from its first command to its last process                         |
| execution   | one command of a unit: user, environment, limits, directories                         |
| unitfile    | unit files with drop-ins, templates, wants directories                                |
| words       | unit files' spans of time, quoting, specifiers and variables                          |
| calendar    | OnCalendar=                                                                           |
| journal     | one file of lines, and journalctl, which reads it                                     |
| systemctl   | the client                                                                            |
| userdata    | first boot: what cloud-init does with user data                                       |

Every service has its own supervisor, which its descendants fall to when their parents end (PR_SET_CHILD_SUBREAPER). So
"all processes of a service" are that supervisor's descendants, whatever they did to get away.
"""
