"""One number, on a person's word: take it in, make it a pool's, give it back."""
