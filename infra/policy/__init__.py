"""The program, checked before anything is built: recorded as data, then asked what each rule wants to know."""
