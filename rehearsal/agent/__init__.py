"""The CodeDeploy host agent: takes commands from the service, executes them on this host, reports back.

It behaves as the official agent 1.8.1 does, down to its texts, because everything that is rehearsed is judged by it.
It needs Python 3.11 and PyYAML, nothing else: it runs inside the boxes under the system's Python.

    appspec ← psych, ruby                     what the revision asks for
    spec, layout                              what the service asks for; where things are kept
    bundle ← unpack, download, signing        from a revision to an unpacked archive
    installer ← instructions, permissions, acl, selinux
    hooks ← script                            lifecycle events to processes
    executor → conversation → drive | poller ← wire
"""
