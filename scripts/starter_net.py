"""A lean Llama for pre-training the starter, its optimiser, and the way to a `transformers` model.

Shapes: B rows, T tokens, H hidden size, N heads, D size of a head. Query, key and value share one
matrix product, and so do gate and up: fewer, larger products are what a CPU likes.
"""

from dataclasses import dataclass

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM


@dataclass(frozen=True)
class NetShape:
    """Sizes of the network; every matrix side is a multiple of 256, as k-quants of GGUF like it."""

    vocabulary: int
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    feed_forward: int = 768
    context_tokens: int = 512
    rope_theta: float = 10_000.0


def rope_tables(tokens: int, head: int, theta: float) -> tuple[Tensor, Tensor]:
    """Give cosine and sine of the rotary angles, (T, D), in the half-split layout of Llama.

    Source: https://arxiv.org/abs/2104.09864
    """
    inverse = theta ** (-torch.arange(0, head, 2).float() / head)
    angles = torch.outer(torch.arange(tokens).float(), inverse)
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn each pair of (B, N, T, D) by the angle of its position."""
    left, right = x.chunk(2, dim=-1)
    return x * cosine + torch.cat((-right, left), dim=-1) * sine


class Block(nn.Module):
    """One Llama layer with fused products."""

    def __init__(self, shape: NetShape) -> None:
        """Start at the identity: both output matrices are zero."""
        super().__init__()
        h, f = shape.hidden, shape.feed_forward
        self.heads = shape.heads
        self.norm_in = nn.Parameter(torch.ones(h))
        self.norm_mid = nn.Parameter(torch.ones(h))
        self.qkv = nn.Parameter(torch.randn(3 * h, h) * h**-0.5)
        self.out = nn.Parameter(torch.zeros(h, h))
        self.gate_up = nn.Parameter(torch.randn(2 * f, h) * h**-0.5)
        self.down = nn.Parameter(torch.zeros(h, f))

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Map (B, T, H) to (B, T, H)."""
        b, t, h = x.shape
        y = F.linear(F.rms_norm(x, (h,), self.norm_in, 1e-5), self.qkv)
        q, k, v = y.view(b, t, 3, self.heads, h // self.heads).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cosine, sine), rotate(k, cosine, sine)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.linear(y.transpose(1, 2).reshape(b, t, h), self.out)
        gate, up = F.linear(F.rms_norm(x, (h,), self.norm_mid, 1e-5), self.gate_up).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, self.down)


class StarterNet(nn.Module):
    """A small Llama with tied embeddings."""

    def __init__(self, shape: NetShape) -> None:
        """Draw the weights; the caller has set the seed."""
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.hidden) * 0.02)
        self.norm = nn.Parameter(torch.ones(shape.hidden))
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        cosine, sine = rope_tables(
            shape.context_tokens, shape.hidden // shape.heads, shape.rope_theta
        )
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)

    def forward(self, tokens: Tensor, weights: Tensor) -> Tensor:
        """Give the weighted sum of losses of predicting tokens[:, 1:]; both arguments are (B, T)."""
        x = F.embedding(tokens[:, :-1], self.embedding)
        t = x.shape[1]
        for block in self.blocks:
            x = block(x, self.cosine[:t], self.sine[:t])  # ty: ignore[not-subscriptable]
        x = F.rms_norm(x, (self.shape.hidden,), self.norm, 1e-5)
        logits = F.linear(x, self.embedding).flatten(0, 1)
        losses = F.cross_entropy(logits, tokens[:, 1:].flatten(), reduction="none")
        return (losses * weights[:, 1:].flatten()).sum()


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """Push the singular values of a stack of matrices, (n, rows, columns), towards one.

    Source: Newton-Schulz quintic of Muon, https://kellerjordan.github.io/posts/muon/
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    is_tall = x.shape[1] > x.shape[2]
    x = x.mT if is_tall else x
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if is_tall else x


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised: for matrices. Fused ones are split into their parts first.

    Source: https://kellerjordan.github.io/posts/muon/
    """

    def __init__(self, groups: dict[int, list[nn.Parameter]], lr: float = 0.02) -> None:
        """Take the matrices by the number of stacked parts that each one consists of."""
        super().__init__([{"params": ps, "parts": n} for n, ps in groups.items()], {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # ty: ignore[incompatible-method-override]
        """Update every matrix; those of a group are orthogonalised together, shared by processes."""
        for group in self.param_groups:
            updates = []
            for p in group["params"]:
                state = self.state[p]
                momentum = state.setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 0.05)
                update = p.grad.lerp(momentum, 0.95)
                updates.append(update.view(group["parts"], -1, p.shape[1]))
            turned = self.shared(torch.cat(updates))
            scale = max(1.0, turned.shape[1] / turned.shape[2]) ** 0.5
            for p, update in zip(group["params"], turned.split(group["parts"]), strict=True):
                p.add_(update.reshape(p.shape), alpha=-group["lr"] * scale)

    @staticmethod
    def shared(updates: Tensor) -> Tensor:
        """Orthogonalise this process's part of a stack and fetch the others' parts."""
        if not dist.is_initialized():
            return orthogonalise(updates)
        turned = torch.zeros_like(updates)
        mine = slice(dist.get_rank(), None, dist.get_world_size())
        turned[mine] = orthogonalise(updates[mine])
        dist.all_reduce(turned)
        return turned


def optimisers(net: StarterNet) -> list[torch.optim.Optimizer]:
    """Give Muon for the matrices and AdamW for embeddings and norms."""
    blocks = [block for block in net.blocks if isinstance(block, Block)]
    matrices = {
        1: [p for block in blocks for p in (block.out,)],
        2: [block.gate_up for block in blocks],
        3: [block.qkv for block in blocks],
    }
    down = Muon({1: [block.down for block in blocks]})
    rest = [p for name, p in net.named_parameters() if "norm" in name or name == "embedding"]
    adam = torch.optim.AdamW(rest, lr=3e-3, betas=(0.9, 0.98), weight_decay=0.0)
    return [Muon(matrices), down, adam]


def to_llama(net: StarterNet, end: int, pad: int) -> LlamaForCausalLM:
    """Copy the weights into the architecture that everyone can load."""
    s = net.shape
    config = LlamaConfig(
        vocab_size=s.vocabulary, hidden_size=s.hidden, intermediate_size=s.feed_forward,
        num_hidden_layers=s.layers, num_attention_heads=s.heads, num_key_value_heads=s.heads,
        head_dim=s.hidden // s.heads, max_position_embeddings=s.context_tokens, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": s.rope_theta},
        tie_word_embeddings=True, bos_token_id=None, eos_token_id=end, pad_token_id=pad,
    )  # fmt: skip
    llama = LlamaForCausalLM(config).float().eval()
    with torch.no_grad():
        llama.model.embed_tokens.weight.copy_(net.embedding)
        llama.model.norm.weight.copy_(net.norm)
        for ours, theirs in zip(net.blocks, llama.model.layers, strict=True):
            theirs.input_layernorm.weight.copy_(ours.norm_in)
            theirs.post_attention_layernorm.weight.copy_(ours.norm_mid)
            q, k, v = ours.qkv.chunk(3)  # ty: ignore[not-callable]
            theirs.self_attn.q_proj.weight.copy_(q)
            theirs.self_attn.k_proj.weight.copy_(k)
            theirs.self_attn.v_proj.weight.copy_(v)
            theirs.self_attn.o_proj.weight.copy_(ours.out)
            gate, up = ours.gate_up.chunk(2)  # ty: ignore[not-callable]
            theirs.mlp.gate_proj.weight.copy_(gate)
            theirs.mlp.up_proj.weight.copy_(up)
            theirs.mlp.down_proj.weight.copy_(ours.down)
    return llama
