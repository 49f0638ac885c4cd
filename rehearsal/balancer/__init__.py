"""Load balancers that really balance: ELBv2's state becomes HAProxy processes, their truth becomes target health.

| module       | its part                                                                                    |
|--------------|---------------------------------------------------------------------------------------------|
| model        | balancers, listeners, rules, target groups and targets, as values                           |
| reading      | what the ELBv2 API answers → model                                                          |
| render       | model → haproxy.cfg (with conditions: a rule's conditions and actions)                      |
| members      | a target's life: registering → serving → draining → gone, and what HAProxy is told for it   |
| draining     | the end of that life, by a clock that is given                                              |
| health       | what HAProxy has seen of a target → AWS's states and reason codes                           |
| reconcile    | wanted ↔ running → actions                                                                  |
| admin        | HAProxy's sockets: statistics, commands, reloads                                            |
| process      | one HAProxy: start, reload, end; found again by its record                                  |
| certificates | the rehearsal's own authority, in the place of ACM                                          |
| access_log   | HAProxy's log lines → ALB's                                                                 |
| part         | one balancer that runs                                                                      |
| service      | ties them together                                                                          |
| cloud        | the service's doors onto the rehearsal's cloud                                              |
"""
