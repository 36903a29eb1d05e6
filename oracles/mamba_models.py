"""The tiny Mamba checkpoints of `models.py`."""

from transformers import MambaConfig, MambaForCausalLM


def sizes(**changes):
    return dict(
        vocab_size=61,
        hidden_size=16,
        state_size=4,
        num_hidden_layers=2,
        time_step_rank=3,
        initializer_range=0.2,
        # Steps so large that a state fades within a sequence of a few tokens.
        time_step_min=0.05,
        time_step_max=1.0,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    ) | changes


MAMBA_MODELS = {
    "mamba": lambda: MambaForCausalLM(MambaConfig(**sizes())),
    # What published models leave as it is: biases, a head of its own, another kernel and activation.
    "mamba-biases": lambda: MambaForCausalLM(
        MambaConfig(**sizes(use_bias=True, use_conv_bias=False, tie_word_embeddings=False, conv_kernel=2, state_size=3, hidden_act="gelu"))
    ),
}
