"""The rehearsal's AWS: moto's server behind a thin layer where our truthful answers replace moto's.

| module     | its part                                                                                       |
|------------|------------------------------------------------------------------------------------------------|
| server     | one process, one loopback port, HTTP in                                                        |
| gate       | which service and operation a request means; who answers it: our module, CodeDeploy, or moto   |
| wire       | the services' own protocols, both ways, from botocore's models                                 |
| answers    | the seam: what an answer of ours looks like and how it is registered                           |
| services/  | one module or package a service                                                                |
| memory     | what the cloud knows, on disk, so that a restart is no loss, or is plainly one                 |
"""
