"""The settings of `seqsetvae-train`, a sentence each: `--help` says them as the README does."""

TEXTS = {
    "directory with patient_ehr/, stats.csv, oc.csv and, optionally, cached.csv": (
        "数据目录，内有 patient_ehr/、stats.csv、oc.csv，以及可选的 cached.csv"
    ),
    "table variable,mean,std that values are scaled with; DATA_DIR/stats.csv by default": (
        "用于缩放数值的表 variable,mean,std；默认为 DATA_DIR/stats.csv"
    ),
    "table ts_id,in_hospital_mortality; DATA_DIR/oc.csv by default": (
        "标签表 ts_id,in_hospital_mortality；默认为 DATA_DIR/oc.csv"
    ),
    "what to do with a patient without a label": "患者没有标签时怎么办：报错（error）或剔除（drop）",
    "scaled values are clipped to this many standard deviations, which tames typing errors": (
        "缩放后的数值截断到这么多个标准差以内，以抑制录入错误"
    ),
    "patients per device and step": "每个设备每步的患者数",
    "events per patient at most, the most recent sets are kept; none = unlimited": (
        "每位患者最多保留的事件数，保留最近的集合；none 表示不限"
    ),
    "pad histories to the longest of the batch; false pads to the longest of the split, for fixed shapes": (
        "病程填充到本批中最长者；false 则填充到整个划分中最长者，形状固定"
    ),
    "processes that prepare batches, never more than the machine has cores": "准备批次的进程数，不会超过机器的核数",
    "hand batches over in page-locked memory, where there is a CUDA device": "有 CUDA 设备时，以锁页内存交付批次",
    "checkpoints go to OUTPUT_DIR/RUN": "检查点写入 OUTPUT_DIR/RUN",
    "metric streams go to LOG_DIR/RUN": "指标流写入 LOG_DIR/RUN",
    "name of the run; date and time by default": "运行的名字；默认为日期和时间",
    "hidden width of events, sets and time steps": "事件、集合与时间步的隐藏宽度",
    "latent dimensions of each level": "每一层的潜变量维数",
    "attention levels of the set encoder, each with a posterior": "集合编码器的注意力层数，每层各有一个后验",
    "attention heads inside sets": "集合内注意力的头数",
    "inducing points of set attention; 0 = full attention inside the set": (
        "集合注意力的诱导点数；0 表示集合内全注意力"
    ),
    "attention layers of the set decoder": "集合解码器的注意力层数",
    "hidden width of feed-forward layers": "前馈层的隐藏宽度",
    "attention heads over the history": "病程注意力的头数",
    "layers over the history": "病程上的层数",
    "learned queries with which the outcome head pools the history": "结局分类头汇聚病程所用的可学习查询数",
    "dropout over sets and in the classifier": "作用于集合序列与分类器的 dropout",
    "largest weight of the KL term": "KL 项的最大权重",
    "raise β from 0; false starts at max_beta": "β 从 0 升起；false 则从 max_beta 开始",
    "optimizer steps in which β rises": "β 上升所用的优化步数",
    "shape of the warm-up; cyclical repeats it, every period rising over its first half": (
        "预热的形状；cyclical 反复进行，每个周期的前一半上升"
    ),
    "nats per latent dimension that cost nothing, on the batch mean": "每个潜变量维度不计代价的奈特数，按批均值计",
    "weight of the reconstruction loss": "重建损失的权重",
    "weight of the outcome loss": "结局损失的权重",
    "optimizer steps in which the weight of the outcome loss rises from 0": "结局损失的权重从 0 升起所用的优化步数",
    "how far labels are moved towards each other": "标签相互靠拢的程度",
    "Chamfer weight of a wrong direction": "Chamfer 距离中方向错误的权重",
    "Chamfer weight of a wrong length": "Chamfer 距离中长度错误的权重",
    "Chamfer weight of the squared distance": "Chamfer 距离中平方距离的权重",
    "AdamW learning rate": "AdamW 的学习率",
    "the set encoder's share of the learning rate": "集合编码器的学习率占总学习率的比例",
    "AdamW weight decay, on matrices only": "AdamW 的权重衰减，只作用于矩阵",
    "optimizer steps in which the learning rate rises": "学习率上升所用的优化步数",
    "what the learning rate does after its warm-up": "预热之后学习率如何变化",
    "largest norm of the gradient; 0 = no limit": "梯度范数的上限；0 表示不限",
    "batches per optimizer step": "每个优化步的批数",
    "16-mixed needs a GPU; on a CPU it becomes bf16-mixed where the CPU has it, else 32": (
        "16-mixed 需要 GPU；在 CPU 上，若 CPU 支持则变为 bf16-mixed，否则变为 32"
    ),
    "compile the model with torch.compile": "用 torch.compile 编译模型",
    "devices per node: a number, a list such as 0,2, or auto": "每个节点的设备：个数、列表（如 0,2）或 auto",
    "machines": "机器数",
    "how devices share the work: auto, ddp, ...": "设备之间如何分工：auto、ddp 等",
    "epochs; -1 = no limit": "轮数；-1 表示不限",
    "optimizer steps; -1 = no limit": "优化步数；-1 表示不限",
    "decides weights, order of batches and noise": "决定权重、批次顺序与噪声",
    "validate after this share of an epoch (up to 1.0), or after this many batches (above 1)": (
        "每过一轮的这个比例（不大于 1.0）或这么多批（大于 1）验证一次"
    ),
    "share of the validation batches (up to 1.0), or their number (above 1)": (
        "验证批次的比例（不大于 1.0）或个数（大于 1）"
    ),
    "stop after this many validations without a better AUROC; 0 = never": (
        "连续这么多次验证 AUROC 没有提高就停止；0 表示从不"
    ),
    "last.ckpt is never older than this": "last.ckpt 不会比这么多分钟更旧",
    "continue the run that this checkpoint belongs to": "继续该检查点所属的运行",
    "start from this checkpoint's weights": "从该检查点的权重开始",
    "with --pretrained_ckpt: share of the set encoder's weights that stay frozen, first layers first": (
        "配合 --pretrained_ckpt：集合编码器的权重中冻结的比例，靠前的层优先"
    ),
    "evaluate the best checkpoint on the test split at the end": "结束时在测试集上评估最佳检查点",
    "train nothing: evaluate this checkpoint on the test split": "不训练：在测试集上评估该检查点",
    "optimizer steps between checks of the posterior; 200, or 100 with --fast_detection; adaptive checks "
    "every 100 steps before step 1000, every 50 before 5000, then every 20": (
        "两次后验检查之间的优化步数；200，使用 --fast_detection 时为 100；adaptive 在第 1000 步之前每 100 "
        "步、第 5000 步之前每 50 步、之后每 20 步检查"
    ),
    "check the posterior twice as often; --detector original also takes its fast thresholds": (
        "后验检查的频率加倍；--detector original 同时采用它的快速阈值"
    ),
    "who judges the posterior; original = the rules of the original code, for comparison": (
        "由谁判断后验；original 是原始代码的规则，供比较"
    ),
    "nats a set below which KL is low; 0.02 a latent dimension, at most 1 (original: 0.01, fast 0.005)": (
        "每个集合的奈特数低于此值即 KL 偏低；每个潜变量维度 0.02，至多 1（original：0.01，快速 0.005）"
    ),
    "mean variance above which a posterior of low KL is the prior; 0.95 (original: below 0.1, fast 0.05)": (
        "平均方差高于此值、且 KL 偏低时，后验即先验；0.95（original：低于 0.1，快速 0.05）"
    ),
    "share of active units below which they are few; 0.1 (original fast: 0.15)": (
        "活跃单元的比例低于此值即过少；0.1（original 快速：0.15）"
    ),
    "share of collapsed dimensions above which they are many": "坍塌维度的比例高于此值即过多",
    "nats of mutual information below which z says nothing; 0.5, or less where samples cannot show so much": (
        "互信息的奈特数低于此值时 z 什么也没说；默认 0.5，样本显示不出这么多时取较小的值"
    ),
    "relative loss of reconstruction below which the decoder does without z": (
        "重建的相对损失低于此值时解码器不需要 z"
    ),
    "nats a set above which KL has exploded; the larger of 100 and 4 a latent dimension": (
        "每个集合的奈特数高于此值即 KL 爆炸；100 与每个潜变量维度 4 之中较大者"
    ),
    "checks before which the verdict is green: it is too early to tell": (
        "在这么多次检查之前判定为绿：还太早，看不出来"
    ),
    "checks over which trends are taken": "计算趋势所用的检查次数",
    "optimizer steps between two pictures of the posterior; 0 = none": "两张后验图之间的优化步数；0 表示不画",
    "what a verdict sets in motion: any of warn, save, lower_beta, stop and command:CMD; warn acts from "
    "yellow on, the others at red, or from the level that is put before them, as in orange=lower_beta": (
        "判定引发的动作：warn、save、lower_beta、stop、command:CMD 中的任意几个；warn 从黄开始，其余从红开始，"
        "或从写在前面的级别开始，如 orange=lower_beta"
    ),
    "checks at red, one after the other, after which stop of --on_collapse stops": (
        "连续这么多次检查为红之后，--on_collapse 的 stop 停止训练"
    ),
    "keep healthy-*.ckpt from before a collapse and collapse-*.ckpt from its red, as save of --on_collapse does": (
        "与 --on_collapse 的 save 一样，保留坍塌之前的 healthy-*.ckpt 与变红时的 collapse-*.ckpt"
    ),
    "do not gather posterior statistics": "不收集后验统计量",
    "optimizer steps between two lines of training metrics": "两行训练指标之间的优化步数",
    "write TensorBoard files too (needs the tensorboard extra)": "同时写 TensorBoard 文件（需要 tensorboard 扩展）",
    "say more": "输出更多信息",
}
