"""The fleet: instances that really run, as boxes in namespaces of this machine.

| module     | its part                                                                                     |
|------------|----------------------------------------------------------------------------------------------|
| ns         | namespaces: what is missing to make them, how to run in them, sockets made in them           |
| vpc        | one process tree with a bridge; when its lifeline breaks, everything in it ends              |
| dns        | the VPC's resolver                                                                           |
| metadata   | the instance metadata service, version 2                                                     |
| endpoint   | AWS's address as boxes see it                                                                |
| ami        | the image: what a box brings before its first boot                                           |
| box        | boot, exec, kill, logs                                                                       |
| boxd/      | what runs inside: PID 1, systemctl, journalctl, first boot, the agents' units                |
| parts      | balancers and databases, told by whoever runs them: addresses, names, membership of groups   |
| sg         | security groups, as nftables inside each box                                                 |
| cloud      | what the cloud's API says about instances, and what it is told                               |
| controller | the process that keeps boxes and API in agreement; `rehearsal.reconcile` decides             |
"""
