# fish completion for weir-bench: that of weir knows both.
source (status dirname)/weir.fish
