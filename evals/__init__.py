"""Answer-quality tests: cases, exact metrics, runs, comparison, reports and public benchmarks."""
