"""The only part that speaks to the network: the Hugging Face Hub."""
