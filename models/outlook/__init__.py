"""What is asked for beside the leads: how the funds stand, what drugs cost where, who bears much; no suspicion."""
