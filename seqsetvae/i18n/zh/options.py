"""`--help` of the commands."""

TEXTS = {
    # argparse's own
    "usage: ": "用法： ",
    "positional arguments": "位置参数",
    "options": "选项",
    "show this help message and exit": "显示本帮助后退出",
    "show program's version number and exit": "显示版本号后退出",
    # all commands
    "language of screen and messages; that of the locale by default": "界面与消息的语言；默认取自区域设置",
    # seqsetvae-watch
    "Watch training runs in the terminal. Quitting never touches the training.": (
        "在终端里监视训练运行。退出绝不影响训练。"
    ),
    "Without a terminal (a pipe, TERM=dumb) a report is printed once, as with --once.": (
        "没有终端时（管道、TERM=dumb）打印一份报告，与 --once 相同。"
    ),
    "directory that holds runs, or one run's directory": "存放运行的目录，或一次运行的目录",
    "show only these runs; the first is opened": "只显示这些运行，打开第一个",
    "look at the files this often and do not use file notifications (for network file systems)": (
        "每隔这么多秒查看文件，不使用文件通知（用于网络文件系统）"
    ),
    "show metrics whose name matches, such as 'train/*'": "只显示名字匹配的指标，例如 'train/*'",
    "colours; auto goes by the terminal's background": "配色；auto 取决于终端的背景色",
    "draw the limits of these settings, YAML or JSON; a report tells what the detector would have said": (
        "按这些设置画阈值，YAML 或 JSON；报告会说出检测器本会怎样判定"
    ),
    "draw with ASCII alone, as in a locale without UTF-8; with --no-ascii never": (
        "只用 ASCII 绘制，如同区域设置不是 UTF-8；--no-ascii 则从不如此"
    ),
    "begin without the view that was kept of this LOGDIR": "不使用为该 LOGDIR 保存的视图",
    "the past of a run": "运行的过去",
    "for scripts, and getting data out": "用于脚本与取出数据",
    "play the run from its first record, x{slowest} to x{fastest}; by default as fast as takes a minute": (
        "从第一条记录开始播放运行，x{slowest} 到 x{fastest}；默认的速度让它大约持续一分钟"
    ),
    "open paused at this step; with --once, report as of this step": (
        "停在这一步打开；与 --once 合用时，报告截至这一步的情形"
    ),
    "play a made-up run that goes from green to red; no LOGDIR": "播放一次虚构的运行，从绿到红；不需要 LOGDIR",
    "print one report of the newest run and exit": "打印最新运行的一份报告后退出",
    "with --once: print the report for programs": "与 --once 合用：打印供程序读取的报告",
    "with --once or --wait-for: exit with the level, 0 green, 1 yellow, 2 orange, 3 red; {none} when there is none, "
    "where bad input is {bad} otherwise": (
        "与 --once 或 --wait-for 合用：退出状态即级别，0 绿、1 黄、2 橙、3 红；没有级别时为 {none}，"
        "否则错误的输入为 {bad}"
    ),
    "wait until the run is red, or has finished, and say so; a run that ended otherwise ends the wait with status "
    "{status}": "等到运行变红或完成并说明；运行以别的方式结束时状态为 {status}",
    "run this command, without a shell, when the run turns orange or red; the event is its input, as JSON": (
        "运行变橙或变红时执行这个命令，不经过 shell；事件以 JSON 送到其标准输入"
    ),
    "write the run's metrics, those of --metrics, to a .csv or .parquet file, or to - as CSV, and exit": (
        "把运行的指标（--metrics 选中的）写入 .csv 或 .parquet 文件，或以 CSV 写到 -，然后退出"
    ),
    # seqsetvae-train
    "Train a sequential set-VAE on DATA_DIR and append metric streams to LOG_DIR/RUN, where seqsetvae-watch shows "
    "them.": ("用 DATA_DIR 训练序列集合变分自编码器，并向 LOG_DIR/RUN 追加指标流，供 seqsetvae-watch 显示。"),
    "YAML file with settings, named like the flags": "YAML 设置文件，键名与参数相同",
    "print all settings as YAML and exit": "以 YAML 打印全部设置后退出",
    "{said} (required)": "{said}（必填）",
    "{said} ({default})": "{said}（{default}）",
    # seqsetvae-prepare
    "Turn raw data into OUT/patient_ehr/{{train,valid,test}}/<id>.parquet, stats.csv and oc.csv.": (
        "把原始数据转换成 OUT/patient_ehr/{{train,valid,test}}/<id>.parquet、stats.csv 和 oc.csv。"
    ),
    "See also: {program} COMMAND --help": "另见：{program} COMMAND --help",
    "decides everything random (default: %(default)s)": "决定一切随机的事情（默认：%(default)s）",
    "shares of the patients (default: 0.7 0.15 0.15)": "各占患者的比例（默认：0.7 0.15 0.15）",
    "processes (default: %(default)s)": "进程数（默认：%(default)s）",
    "write into a directory that holds other things than an earlier output": "即使目录里有早先输出之外的东西也写入",
    "a directory with set-a/, set-b/ … and their Outcomes-*.txt, or such a set itself": (
        "含 set-a/、set-b/ … 及其 Outcomes-*.txt 的目录，或这样的一组本身"
    ),
    "where to write": "写到哪里",
    "size of the cohort (default: %(default)s)": "队列大小（默认：%(default)s）",
    "mean sets per patient (default: %(default)s)": "每位患者的平均集合数（默认：%(default)s）",
    "the data set: data/ and metadata/": "数据集：data/ 与 metadata/",
    "parquet file, or directory of such files, with subject_id, prediction_time and boolean_value; only events up to "
    "the prediction time are used": (
        "parquet 文件或存放这类文件的目录，含 subject_id、prediction_time 和 boolean_value；只用预测时刻及之前的事件"
    ),
    "events of the train split that a code needs, rarer ones are folded together (default: %(default)s)": (
        "代码在训练集中至少要有的事件数，更罕见的会合并（默认：%(default)s）"
    ),
    "use only so many hours before the prediction time (default: all)": "只用预测之前的若干小时（默认：全部）",
    "The PhysioNet/CinC Challenge 2012: set-*/<RecordID>.txt and Outcomes-*.txt.": (
        "PhysioNet/CinC Challenge 2012：set-*/<RecordID>.txt 与 Outcomes-*.txt。"
    ),
    "The Medical Event Data Standard 0.4: data/**/*.parquet, metadata/subject_splits.parquet and labels.": (
        "Medical Event Data Standard 0.4：data/**/*.parquet、metadata/subject_splits.parquet 与标签。"
    ),
    "A synthetic cohort with everything that a model has to learn; for demos and tests.": (
        "合成队列，含模型要学的一切；供演示与测试。"
    ),
    # seqsetvae-analyze
    "`seqsetvae-analyze`: figures, verdicts and one page from the logs of runs, side by side.": (
        "`seqsetvae-analyze`：由各次运行的日志得出图、判定和一个网页，并排对照。"
    ),
    "a directory that holds runs, or a run's directory": "存放运行的目录，或一次运行的目录",
    "where files go ({directory})": "文件写到哪里（{directory}）",
    "smoothing of training curves, 0 to below 1 ({value})": "训练曲线的平滑，0 到小于 1（{value}）",
    "of the pictures: png, svg or pdf (png)": "图片格式：png、svg 或 pdf（png）",
    # seqsetvae-import
    "`seqsetvae-import`: turns the logs of other tools into streams that `seqsetvae-watch` shows and replays.": (
        "`seqsetvae-import`：把其他工具的日志变成 `seqsetvae-watch` 能显示与回放的流。"
    ),
    "a log, or a directory with one or more runs in it": "一份日志，或含一次或多次运行的目录",
    "each run is written to LOGDIR/RUN": "每次运行写入 LOGDIR/RUN",
    "name of the run, or of the directory of several; SRC's by default": (
        "运行的名字，或多次运行所在目录的名字；默认为 SRC 的"
    ),
    "read only logs of this format (%(default)s)": "只读这种格式的日志（%(default)s）",
    "YAML or JSON table of metrics' names: LOG'S: OURS": "YAML 或 JSON 的指标名字对照表，每行写 LOG'S: OURS",
    # seqsetvae-bench
    "`seqsetvae-bench`: measure speed, and how well collapse is detected, each figure beside one to compare it with.": (
        "`seqsetvae-bench`：测量速度与坍塌检测的好坏，每个数字都有可比的数字在旁。"
    ),
    "write all figures to FILE; - is stdout": "把全部数字写入 FILE；- 为标准输出",
    "throughput of training steps": "训练步的吞吐量",
    "Time whole optimizer steps: batched at several batch sizes, the plain per-set reference beside them.": (
        "为完整的优化步计时：几种批大小的批处理，旁边是逐集合的参照实现。"
    ),
    "`seqsetvae-bench collapse`: how well the detector, and the original's rules, judge runs of known fate.": (
        "`seqsetvae-bench collapse`：检测器与原规则对结局已知的运行判断得如何。"
    ),
    "`seqsetvae-bench memory`: what a training step takes, part by part, on the longest patients of the cohort.": (
        "`seqsetvae-bench memory`：在队列中最长的患者上，训练步各部分占用多少内存。"
    ),
    "`seqsetvae-bench watch`: how fast the watcher reads a log, beside a plain loop over its lines.": (
        "`seqsetvae-bench watch`：监视器读日志有多快，旁边是逐行的普通循环。"
    ),
    "memory of training steps": "训练步的内存",
    "detectors on runs of known fate": "检测器在结局已知的运行上的表现",
    "the watcher's reading of long logs": "监视器读取长日志",
    "of these, for the reference; 0 = skip it (8)": "其中用于参照实现的个数；0 表示跳过（8）",
    "32, bf16-mixed, 16-mixed; several may be given": "32、bf16-mixed、16-mixed；可给出几个",
    "32, bf16-mixed or 16-mixed (32)": "32、bf16-mixed 或 16-mixed（32）",
    "measure the compiled model too; takes minutes": "也测量编译后的模型；需要几分钟",
    "processes that load batches; several may be given (0)": "加载批次的进程数；可给出几个（0）",
    "print the fastest safe seqsetvae-train line": "打印最快且安全的 seqsetvae-train 命令行",
    "steps with and without monitoring; 0 = skip it (40)": "有监测与没有监测的步数；0 表示跳过（40）",
    "steps between two checks of the posterior ({default} {frequent})": (
        "两次后验检查相隔的步数（{default} {frequent}）"
    ),
    "prepared cohort; a synthetic one by default": "准备好的队列；默认用合成的",
    "patients per step ({sizes})": "每步的患者数（{sizes}）",
    "patients of the train split that are used ({count})": "使用训练集中的患者数（{count}）",
    "cpu or cuda": "cpu 或 cuda",
    "as in seqsetvae-train ({default})": "与 seqsetvae-train 相同（{default}）",
    "directory of compact streams (the checkout's)": "紧凑日志流的目录（默认为检出目录中的）",
    "which half of the runs, by seed (test)": "按种子取哪一半运行（test）",
    "every run, not only the table": "列出每次运行，而不只是表格",
    "lines of the log; several may be given (1000 100000)": "日志的行数；可给出几个（1000 100000）",
    "numbers in a line (12)": "每行的数字个数（12）",
    # seqsetvae-visualize
    "`seqsetvae-visualize`: the latent space, the errors and one patient's course, from a checkpoint and patients.": (
        "`seqsetvae-visualize`：由检查点与患者画出潜空间、误差和一位患者的病程。"
    ),
    "a checkpoint of seqsetvae-train": "seqsetvae-train 的检查点",
    "prepared cohort, of the model's variables": "准备好的队列，变量与模型相同",
    "where files go ({directory}/NAME_OF_CHECKPOINT)": "文件写到哪里（{directory}/NAME_OF_CHECKPOINT）",
    "whose patients (valid)": "取哪个划分的患者（valid）",
    "batches at most, of patients drawn at random; 0 takes all ({count})": (
        "批数上限，患者随机抽取；0 为全部（{count}）"
    ),
    "patients at a time ({count})": "每次的患者数（{count}）",
    "patient of the time series; the one with the most sets of those seen by default": (
        "画哪位患者的时间序列；默认取所见患者中集合最多的一位"
    ),
    "auto takes a GPU where there is one (auto)": "auto 有 GPU 时用 GPU（auto）",
    "of the latent space; auto takes UMAP where umap-learn is installed (auto)": (
        "潜空间的投影；auto 在装有 umap-learn 时用 UMAP（auto）"
    ),
    "decides which patients are drawn (0)": "决定抽取哪些患者（0）",
    "table of scales; as in training by default, else that of DATA_DIR": "缩放表；默认与训练时相同，否则取 DATA_DIR 的",
    "table of labels; as in training by default, else that of DATA_DIR": "标签表；默认与训练时相同，否则取 DATA_DIR 的",
}
"""Placeholders are what the code puts in; `%(default)s` is argparse's."""
