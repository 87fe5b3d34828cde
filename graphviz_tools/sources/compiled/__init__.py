"""From torch.compile, torch.export and TorchScript to Recordings."""
