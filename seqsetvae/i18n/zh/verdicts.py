"""What the trainer writes into a log: conditions, evidence, advice, and what happened to the run."""

TEXTS = {
    # conditions
    "healthy": "健康",
    "warming up": "预热中",
    "not enough evidence": "证据不足",
    "partial collapse": "部分坍塌",
    "collapse": "后验坍塌",
    "decoder ignoring z": "解码器忽略 z",
    "over-confident posterior": "后验过度自信",
    "KL explosion": "KL 爆炸",
    "held by free bits": "被 free bits 托住",
    "divergence": "发散",
    # evidence
    "KL {kl} < {limit} nats": "KL {kl} < {limit} nats",
    "KL {kl} < {limit} nats with variance {variance} > {prior}": (
        "KL {kl} < {limit} nats，且方差 {variance} > {prior}"
    ),
    "KL {kl} > {limit} nats": "KL {kl} > {limit} nats",
    "active units {share} < {limit}": "活跃单元 {share} < {limit}",
    "collapsed dimensions {share} > {limit}": "坍塌维度 {share} > {limit}",
    "mutual information {value} < {limit} nats": "互信息 {value} < {limit} nats",
    "reconstruction {share} worse with another set's z, < {limit}": "换用别的集合的 z，重建只变差 {share}，< {limit}",
    "variance {value} < {limit}": "方差 {value} < {limit}",
    "latent level {levels} of {count} carries nothing": "共 {count} 层潜变量，第 {levels} 层不携带信息",
    "{share} of dimensions are held by free bits of {floor} nats": "{share} 的维度被 {floor} nats 的 free bits 托住",
    "KL {kl} < {limit}": "KL {kl} < {limit}",
    "{listed} not finite in {count} checks running": "{listed}连续 {count} 次检查不是有限数",
    "KL": "KL",
    "variance": "方差",
    "mutual information": "互信息",
    "z ablation": "z ablation",
    "reconstruction": "重建",
    "KL low in the last {count} checks": "最近 {count} 次检查 KL 都偏低",
    "share with variance above 0.01 is {share} < {limit}": "方差大于 0.01 的比例 {share} < {limit}",
    "reconstruction loss rises by {rise} a check, > {limit}": "重建损失每次检查上升 {rise}，> {limit}",
    # advice
    "lower --max_beta": "降低 --max_beta",
    "lower --max_beta from {old} to {new}": "把 --max_beta 从 {old} 降到 {new}",
    "raise --max_beta": "提高 --max_beta",
    "raise --max_beta from {old} to {new}": "把 --max_beta 从 {old} 提高到 {new}",
    "warm β up for longer (--beta_warmup_steps)": "延长 β 的预热（--beta_warmup_steps）",
    "anneal in cycles (--kl_annealing cyclical)": "采用周期退火（--kl_annealing cyclical）",
    "weaken the decoder (--decoder_layers 0, more --dropout)": "削弱解码器（--decoder_layers 0，更大的 --dropout）",
    "fewer --latent_dim, if reconstruction is good enough": "若重建足够好，减小 --latent_dim",
    "judge z by active units and mutual information: KL stands at its floor": (
        "看活跃单元与互信息来判断 z：KL 停在下限"
    ),
    "give every dimension free bits (--free_bits {bits})": "给每个维度一些 free bits（--free_bits {bits}）",
    "raise --free_bits from {old} to {new}": "把 --free_bits 从 {old} 提高到 {new}",
    "lower --free_bits from {old} to {new}": "把 --free_bits 从 {old} 降到 {new}",
    "lower --learning_rate": "降低 --learning_rate",
    "clip the gradient harder (--gradient_clip_val)": "更严地裁剪梯度（--gradient_clip_val）",
    "resume from the last good checkpoint with a lower --learning_rate": (
        "从最后一个好的检查点以较低的 --learning_rate 继续"
    ),
    "use --precision bf16-mixed or 32": "改用 --precision bf16-mixed 或 32",
    # what happened
    "training starts: {weights} weights, {precision} on {device}, {count} process(es)": (
        "训练开始：{weights} 个权重，{precision}，设备 {device}，{count} 个进程"
    ),
    "loss and gradients are finite again": "损失与梯度恢复为有限值",
    "best validation AUROC so far: {auroc}": "迄今最好的验证 AUROC：{auroc}",
    "training has ended": "训练已结束",
    "early stopping: validation AUROC has stopped rising": "提前停止：验证 AUROC 不再上升",
    "{said}; {file} is kept": "{said}；{file} 已保留",
    "training was stopped: {said}; no checkpoint is from before it": "训练已被停止：{said}；此前没有检查点",
    "training was stopped: {said}; {file} is from before it": "训练已被停止：{said}；{file} 来自此前",
    "training stops: {said}": "训练停止：{said}",
    "{said}, {said_level} in 1 check": "{said}，1 次检查为{said_level}",
    "{said}, {said_level} in {count} checks running": "{said}，连续 {count} 次检查为{said_level}",
    "max β is lowered from {old} to {new}, {said_level}: {said}": ("最大 β 从 {old} 降到 {new}，{said_level}：{said}"),
    "max β is lowered from {old} to {new}, as it was when the run was saved (lowered {count}×)": (
        "最大 β 从 {old} 降到 {new}，与保存运行时一样（已降 {count} 次）"
    ),
    "resumed from step {step}": "从第 {step} 步恢复",
    "training {count} steps, latent {dimensions}": "训练 {count} 步，潜变量 {dimensions} 维",
    "{count} log lines were dropped: {reason}": "丢弃了 {count} 行日志：{reason}",
    "imported from {tool}: {path}": "导入自 {tool}：{path}",
    "this log holds no verdicts: they are the viewer's own, by the default thresholds and without a KL per dimension": (
        "这份日志里没有判定：判定由监视器按默认阈值作出，且没有各维 KL"
    ),
    "such a log does not say whether its run ended": "这类日志不说明运行是否已经结束",
    "lower beta": "降低 β",
    "not finite": "非有限值",
    "stop": "停止",
    "stopped": "已停止",
    "ended": "已结束",
    "saved": "已保存",
}
"""Numbers and file names stay as they are written."""
