"""Sentences of errors: the watcher's, and what is wrong with settings."""

TEXTS = {
    # argparse's own
    "{said}; see {program} --help": "{said}；见 {program} --help",
    "the following arguments are required: {names}": "缺少必需的参数：{names}",
    "unrecognized arguments: {words}": "不认识的参数：{words}",
    "argument {name}: {said}": "参数 {name}：{said}",
    "expected one argument": "需要一个值",
    "expected at least one argument": "至少需要一个值",
    "expected {count} arguments": "需要 {count} 个值",
    "ignored explicit argument {value}": "不接受值 {value}",
    "not allowed with argument {name}": "不能与 {name} 同用",
    "invalid choice: {value} (choose from {choices})": "{value} 不在可选值之中（可选：{choices}）",
    "invalid {kind} value: {value}": "{value} 不是有效的 {kind}",
    # seqsetvae-watch
    "give LOGDIR, the directory that seqsetvae-train got as --log_dir, or --demo": (
        "请给出 LOGDIR，即 seqsetvae-train 的 --log_dir，或用 --demo"
    ),
    "{path} does not exist; give the directory that seqsetvae-train got as --log_dir": (
        "{path} 不存在；请给出 seqsetvae-train 的 --log_dir 所指的目录"
    ),
    "{path} is a file; give the directory that holds it": "{path} 是文件；请给出它所在的目录",
    "{path} cannot be read; ask its owner for permission to read and enter it": (
        "无法读取 {path}；请向其所有者申请读取与进入的权限"
    ),
    "{path} cannot be read ({reason}); ask its owner for permission": (
        "无法读取 {path}（{reason}）；请向其所有者申请权限"
    ),
    "--poll must lie between {low} and {high} seconds, not {value}": (
        "--poll 必须在 {low} 与 {high} 秒之间，而不是 {value}"
    ),
    "--json prints a report for programs: use it with --once": "--json 打印供程序读取的报告：请与 --once 合用",
    "--exit-code is for scripts: use it with --once or --wait-for": (
        "--exit-code 用于脚本：请与 --once 或 --wait-for 合用"
    ),
    "--on-alert needs somebody who watches: use it on the screen or with --wait-for": (
        "--on-alert 需要有人在监视：请在屏幕上使用，或与 --wait-for 合用"
    ),
    "--export writes a file and exits: leave out --once and --wait-for": (
        "--export 写出文件后退出：请去掉 --once 与 --wait-for"
    ),
    "name one run for {flag}": "{flag} 只能用于一次运行，请只写一个名字",
    "there is no run {names} in {logdir}; see seqsetvae-watch --once": (
        "{logdir} 中没有运行 {names}；见 seqsetvae-watch --once"
    ),
    "there is no run in {logdir} yet: nothing to export": "{logdir} 中还没有运行：没有可导出的",
    "{path} cannot be written ({reason}); choose another place": "无法写入 {path}（{reason}）；请换一个位置",
    "{run} is a log of {tool}, which never says that its run has finished: wait for the program that trains, "
    "or for red": ("{run} 是 {tool} 的日志，它从不说明运行已经完成：请等待训练程序本身，或等待变红"),
    "--demo plays a run of its own: leave out LOGDIR, or leave out --demo": (
        "--demo 播放它自己的运行：请去掉 LOGDIR，或去掉 --demo"
    ),
    "--{flag} is about the past: leave out {other}, which waits or writes a file": (
        "--{flag} 针对过去：请去掉 {other}，它会等待或写文件"
    ),
    "--{flag} plays on the screen: leave out --once, or report one step with --at STEP": (
        "--{flag} 在屏幕上播放：请去掉 --once，或用 --at STEP 报告某一步"
    ),
    "--{flag} needs a terminal; print the report of one step with --once --at STEP": (
        "--{flag} 需要终端；可用 --once --at STEP 打印某一步的报告"
    ),
    "--thresholds asks the whole log again: leave out --at to report that": ("--thresholds 针对整个日志：请去掉 --at"),
    "{run} has no records yet: leave out --at": "{run} 还没有记录：请去掉 --at",
    "{run} could not be read up to step {step}; try again": "{run} 读不到第 {step} 步；请再试一次",
    "{run} is a log of {tool}, of which only the present is shown: seqsetvae-import {path} LOGDIR makes "
    "it a run that can be replayed": (
        "{run} 是 {tool} 的日志，只能显示现在：用 seqsetvae-import {path} LOGDIR 把它变成可以回放的运行"
    ),
    "a speed from {slowest} to {fastest}, not {value}; put LOGDIR before the option": (
        "速度应在 {slowest} 与 {fastest} 之间，而不是 {value}；请把 LOGDIR 写在该选项之前"
    ),
    "a step, a whole number from 0 on, not {value}": "步数应为不小于 0 的整数，而不是 {value}",
    "--on-alert {line} cannot be read ({reason}); close its quotes": (
        "无法解析 --on-alert {line}（{reason}）；请补全引号"
    ),
    "--on-alert needs a command, such as 'notify.sh p12'": "--on-alert 需要一个命令，例如 'notify.sh p12'",
    "--on-alert: there is no program {name}; give its path, and make it executable": (
        "--on-alert：没有程序 {name}；请给出它的路径，并使它可执行"
    ),
    "failed with exit code {code}": "以退出码 {code} 失败",
    "was ended after {seconds} s": "在 {seconds} 秒后被终止",
    "cannot be run: {reason}": "无法运行：{reason}",
    "{path}: {said}": "{path}：{said}",
    "{section} must be a section of settings, not {value}": "{section} 必须是一节设置，而不是 {value}",
    "{path} is too long for settings: give the YAML or JSON file that holds thresholds": (
        "{path} 太长，不像设置文件：请给出含阈值的 YAML 或 JSON 文件"
    ),
    "{path} cannot be read ({reason}): give a YAML or JSON file": (
        "无法读取 {path}（{reason}）：请给出 YAML 或 JSON 文件"
    ),
    "{path} is neither YAML nor JSON: write lines such as 'kl_threshold: 0.5'": (
        "{path} 既不是 YAML 也不是 JSON：请写成 'kl_threshold: 0.5' 这样的行"
    ),
    "{path} holds no settings: write lines such as 'kl_threshold: 0.5'": (
        "{path} 中没有设置：请写成 'kl_threshold: 0.5' 这样的行"
    ),
    "{name} is no setting of the detector; did you mean {near}?": "{name} 不是检测器的设置；是不是 {near}？",
    "{name} is no setting of the detector; there are {names}": "{name} 不是检测器的设置；可用的有 {names}",
    "--{name} must be {choices}, got {value}": "--{name} 必须是 {choices}，而不是 {value}",
    # taking data out
    "--export {path}: end the name in .csv or .parquet, or write - for standard output": (
        "--export {path}：文件名请以 .csv 或 .parquet 结尾，或写 - 表示标准输出"
    ),
    "no metric matches {pattern}; {said}": "没有指标匹配 {pattern}；{said}",
    "no metrics: {said}": "没有指标：{said}",
    "the log holds none yet": "日志里还没有指标",
    "there are {names}": "有 {names}",
    "{count} columns are more than {most}; choose fewer with --metrics GLOB": (
        "{count} 列多于 {most}；请用 --metrics GLOB 少选一些"
    ),
    "{path} is not there yet; export once the run has logged": "{path} 还不存在；请等运行写入日志后再导出",
    "{path} is not there": "{path} 不存在",
    "there is no metric to export yet": "还没有可导出的指标",
    "the viewer was quit": "监视器已退出",
    "a picture of the chart needs matplotlib: pip install matplotlib": (
        "导出图片需要 matplotlib：pip install matplotlib"
    ),
    "Parquet needs pyarrow: pip install pyarrow, or export to a name that ends in .csv": (
        "Parquet 需要 pyarrow：pip install pyarrow，或导出为以 .csv 结尾的文件"
    ),
    "the saved view {path} was ignored: {said}": "已忽略保存的视图 {path}：{said}",
    "it is not of format {format}": "它不是格式 {format}",
    "it belongs to another directory": "它属于另一个目录",
    "it is too large to be one": "它太大，不可能是视图",
    "it is not JSON": "它不是 JSON",
    # settings of seqsetvae-train, and all commands
    "--lang is {value}, choose {names}": "--lang 为 {value}，请选择 {names}",
    "{name} is {value}, choose one of {choices}": "{name} 为 {value}，请从 {choices} 中选择",
    "{name} is {value}, expected {kind}": "{name} 为 {value}，应为 {kind}",
    "{name} is {value}, expected true or false": "{name} 为 {value}，应为 true 或 false",
    "{name} is {value}, expected words": "{name} 为 {value}，应为词",
    "{section} in {path} is {value}, expected settings such as {example}": (
        "{path} 中的 {section} 为 {value}，应为 {example} 这样的设置"
    ),
    "--{name} is missing: {said}": "缺少 --{name}：{said}",
    "--config {path} cannot be read: {reason}": "无法读取 --config {path}：{reason}",
    "--config {path} is not valid YAML: {reason}": "--config {path} 不是有效的 YAML：{reason}",
    "--config {path} holds {kind}, expected settings such as batch_size: 16": (
        "--config {path} 的内容是 {kind}，应为 batch_size: 16 这样的设置"
    ),
    "--config {path} has unknown settings: {names}": "--config {path} 中有不认识的设置：{names}",
    "--config {path} has {name} twice, under {section} and outside of it; keep one": (
        "--config {path} 中 {name} 出现两次，一次在 {section} 之下，一次在其外；请保留一个"
    ),
    "--{name} must be at least {least}, got {value}": "--{name} 必须不小于 {least}，而不是 {value}",
    "--{name} must be at least {least}, or {other}, got {value}": (
        "--{name} 必须不小于 {least}，或为 {other}，而不是 {value}"
    ),
    "--{name} must be at least 1, or -1 for no limit, got {value}": (
        "--{name} 必须不小于 1，或用 -1 表示不限，而不是 {value}"
    ),
    "--{name} must be at least {least} and below {most}, got {value}": (
        "--{name} 必须不小于 {least} 且小于 {most}，而不是 {value}"
    ),
    "--{name} must not be negative, got {value}": "--{name} 不能为负，而不是 {value}",
    "--{name} must be positive and finite, got {value}": "--{name} 必须是正的有限数，而不是 {value}",
    "--{name} must be in {range}, got {value}": "--{name} 必须在 {range} 之内，而不是 {value}",
    "--{name} {values} must not be negative": "--{name} {values} 不能为负",
    "--{name} {values} must be at least 1": "--{name} {values} 必须不小于 1",
    "--{name} is {value}, but must be at least {least}.": "--{name} 为 {value}，但必须不小于 {least}。",
    "--{name} is {value}, but must be positive.": "--{name} 为 {value}，但必须为正。",
    "--{name} is {value}, but must not be negative.": "--{name} 为 {value}，但不能为负。",
    "--resume_from_checkpoint and --pretrained_ckpt exclude each other: the first continues a run, the "
    "second starts a run from its weights": (
        "--resume_from_checkpoint 与 --pretrained_ckpt 不能同用：前者继续一次运行，后者用其权重开始新的运行"
    ),
    "--max_epochs -1 needs an end: set --max_steps": "--max_epochs -1 没有终点：请设置 --max_steps",
    "--direction_weight, --magnitude_weight and --full_weight are all 0, one must be positive": (
        "--direction_weight、--magnitude_weight 与 --full_weight 都是 0，至少一个必须为正"
    ),
    "--lr_decay cosine needs an end to decay to: set --max_steps or --max_epochs": (
        "--lr_decay cosine 需要衰减的终点：请设置 --max_steps 或 --max_epochs"
    ),
    "--on_collapse {word} names no level, choose one of {levels}": (
        "--on_collapse {word} 没有指明级别，请从 {levels} 中选择"
    ),
    "--on_collapse {word} names no program, give one as in command:notify.sh": (
        "--on_collapse {word} 没有指明程序，请写成 command:notify.sh 这样"
    ),
    "--on_collapse {word} is no action, choose one of warn, save, lower_beta, stop, command:CMD": (
        "--on_collapse {word} 不是动作，请从 warn、save、lower_beta、stop、command:CMD 中选择"
    ),
    "--on_collapse {word} is no command line: {reason}": "--on_collapse {word} 不是命令行：{reason}",
    "--run_name: {said}": "--run_name：{said}",
    "run name {name} has no character that a directory name can have; choose another one": (
        "运行名 {name} 中没有可用于目录名的字符；请换一个"
    ),
    "{path} already holds a run; resume it or choose another run name": (
        "{path} 中已有一次运行；请恢复它，或换一个运行名"
    ),
    "{path} is being written by process {pid} on this machine; stop that process or choose another run name": (
        "本机的进程 {pid} 正在写 {path}；请停止该进程，或换一个运行名"
    ),
    "cannot write the log directory {path}: {reason}; choose another one": (
        "无法写入日志目录 {path}：{reason}；请换一个"
    ),
    "cannot make the log directory {path}: {reason}; choose another one": (
        "无法建立日志目录 {path}：{reason}；请换一个"
    ),
    "--devices is {value}, expected a number, a list such as 0,2, or auto": (
        "--devices 为 {value}，应为个数、0,2 这样的列表，或 auto"
    ),
    "--devices {devices} --num_nodes {nodes} --strategy {strategy} cannot be used here: {reason}": (
        "此处不能使用 --devices {devices} --num_nodes {nodes} --strategy {strategy}：{reason}"
    ),
    '--tensorboard needs more packages: pip install "seqsetvae[tensorboard]"': (
        '--tensorboard 需要更多的包：pip install "seqsetvae[tensorboard]"'
    ),
    "{flag} {path} is not writable; choose another directory or change its permissions": (
        "{flag} {path} 不可写；请换一个目录，或修改其权限"
    ),
    "{flag} {path} cannot be made: {reason}; choose another directory": (
        "无法建立 {flag} {path}：{reason}；请换一个目录"
    ),
    "checkpoint {path} does not exist": "检查点 {path} 不存在",
    "checkpoint {path} cannot be read: {reason}": "无法读取检查点 {path}：{reason}",
    "{path} is not a checkpoint of seqsetvae-train": "{path} 不是 seqsetvae-train 的检查点",
    "checkpoint {path} has another shape: {names}; use the flags it was trained with": (
        "检查点 {path} 的形状不同：{names}；请使用训练它时的参数"
    ),
    "checkpoint {path} was trained on other variables, {names}; use its stats.csv": (
        "检查点 {path} 是用别的变量训练的，{names}；请使用它的 stats.csv"
    ),
    "none of {count} measured settings fits {share} of {size} GiB; measure smaller --batch_sizes": (
        "测过的 {count} 种设置都超出 {size} GiB 的 {share}；请测更小的 --batch_sizes"
    ),
    "resume needs the name of the run to go on with; give run_name": "继续运行需要它的名字；请给出 run_name",
}
