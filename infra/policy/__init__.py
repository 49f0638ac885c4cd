"""The program, checked before anything is built: recorded as data, then asked sixty questions."""
