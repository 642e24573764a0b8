"""The fault campaign: clients work while faults strike, and an independent checker looks for anything lost or doubled."""
