"""What each tier's release consists of: `python -m app.bundle web|was DIRECTORY` writes it, ready to be zipped.

    both   bundle.json (tier, asset names, Python, wheels), install.py, static files
    web    nginx/ templates, static/ (with .gz beside), away.html
    was    app/ (code, templates, assets), systemd/, wheels/

The same tree gives the same bytes. release.json, appspec.yml and hooks are added by the pipeline.
"""
