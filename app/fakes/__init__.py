"""The three public portals, faked: the same requests, answers and refusals, fed by generated figures.

    python -m app.fakes --port 8090        a server for a rehearsal or an experiment
    Portals(figures).answer(…)             the same without a network, for tests
"""
