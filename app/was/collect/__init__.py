"""From three public portals into the database: `python -m app.was.collect korea|seoul|news|all`.

    schedule  when a run is due, which days it asks for            (pure)
    korea, seoul, news  a portal's request and what its answer means   (pure)
    door      HTTP: timeouts, retries, size limits, keys kept out of messages
    run       lock → ask → save → log
"""
