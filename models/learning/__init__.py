"""Learning from verdicts: a challenger to the prior ranking, live only where it proves better on later verdicts."""
