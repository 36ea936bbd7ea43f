"""Sentences of errors: what is wrong with data, logs and places to write to."""

TEXTS = {
    # data
    "There is no directory {path}; set --data_dir to the one that holds {name}/.": (
        "没有目录 {path}；请把 --data_dir 设为含有 {name}/ 的目录。"
    ),
    "{path} holds no {name}/ directory; set --data_dir to the one that does, or make one with seqsetvae-prepare.": (
        "{path} 中没有 {name}/ 目录；请把 --data_dir 设为有它的目录，或用 seqsetvae-prepare 生成。"
    ),
    "There is no file {path}; create it, or name another one with {flag}.": (
        "没有文件 {path}；请建立它，或用 {flag} 指定另一个。"
    ),
    "There is no file {path}; create it, or name another one.": "没有文件 {path}；请建立它，或指定另一个。",
    "There is no directory {path}; a cohort needs the splits {names}.": (
        "没有目录 {path}；队列需要 {names} 这几个划分。"
    ),
    "{path} holds no <id>{suffix} files; put the patients of the {split} split there.": (
        "{path} 中没有 <id>{suffix} 文件；请把 {split} 划分的患者放在那里。"
    ),
    "{path} has no label for {count} of {total} patients (the first: {ids}); add them, or leave these patients "
    "out with --missing_label drop.": (
        "{path} 中 {total} 位患者有 {count} 位没有标签（前几位：{ids}）；请补上，或用 --missing_label drop 剔除。"
    ),
    "{path} has no label for any patient of the {split} split; are these the same ids?": (
        "{path} 中没有 {split} 划分任何患者的标签；编号是否一致？"
    ),
    "{count} patients under {path} are in more than one split (the first: {id}, in {one} and {other}), "
    "so that tests would leak; keep each in one split.": (
        "{path} 中有 {count} 位患者属于不止一个划分（第一位：{id}，在 {one} 与 {other} 中），测试会泄漏；"
        "请让每位只在一个划分中。"
    ),
    "Patient {id} has two files, {one} and {other}; remove one.": (
        "患者 {id} 有两个文件，{one} 和 {other}；请删除一个。"
    ),
    "{path} holds no events; remove the file, and the patient's label with it.": (
        "{path} 中没有事件；请删除该文件以及这位患者的标签。"
    ),
    "{path}: variable {name} is not in {table}; add its row there, or drop its events.": (
        "{path}：变量 {name} 不在 {table} 中；请补上它的一行，或去掉它的事件。"
    ),
    "{path}: {name} is {value} in row {row} ({variable}) and in {count} others; drop the rows or correct them.": (
        "{path}：第 {row} 行（{variable}）的 {name} 为 {value}，另有 {count} 行如此；请去掉或更正这些行。"
    ),
    "{path} has no column {name} (it has: {names}); write variable, value and minute.": (
        "{path} 没有列 {name}（现有：{names}）；请写入 variable、value 和 minute。"
    ),
    "{path} cannot be read as parquet ({reason}); write the file anew.": (
        "无法按 parquet 读取 {path}（{reason}）；请重新写出该文件。"
    ),
    "{path}: column {name} is {kind}, but must be numbers; write it as float.": (
        "{path}：列 {name} 是 {kind}，但必须是数字；请写成 float。"
    ),
    "{path}:{line}: the mean of {name} is {value}; give a number.": (
        "{path}:{line}：{name} 的均值为 {value}；请给出一个数。"
    ),
    "{path}:{line}: the std of {name} is {value}, but values are divided by it; give a positive number "
    "(1 for a variable that never varies).": (
        "{path}:{line}：{name} 的标准差为 {value}，而数值要除以它；请给出正数（从不变化的变量写 1）。"
    ),
    "{path}:{line}: the {column} of patient {id} is {value}, but must be 0 or 1.": (
        "{path}:{line}：患者 {id} 的 {column} 为 {value}，但必须是 0 或 1。"
    ),
    "{path}:{line}: patient {id} comes a second time; remove one of the rows.": (
        "{path}:{line}：患者 {id} 第二次出现；请删除其中一行。"
    ),
    "{path} lists no variables; give one row of variable,mean,std for each.": (
        "{path} 中没有变量；请为每个变量写一行 variable,mean,std。"
    ),
    "{path} cannot be read as a CSV table ({reason}); write it anew.": (
        "无法按 CSV 表读取 {path}（{reason}）；请重新写出。"
    ),
    "{path} has no column {name} (it has: {names}); its columns must include {required}.": (
        "{path} 没有列 {name}（现有：{names}）；必须包含列 {required}。"
    ),
    # seqsetvae-prepare
    "--split is {value}, but the three shares must be positive and add up to 1.": (
        "--split 为 {value}，但三个比例必须为正且相加为 1。"
    ),
    "--patients is {value}, but at least 20 are needed to fill three splits.": (
        "--patients 为 {value}，但填满三个划分至少需要 20。"
    ),
    "--mean_sets is {value}, but must lie between 2 and {most}.": (
        "--mean_sets 为 {value}，但必须在 2 与 {most} 之间。"
    ),
    "The {split} split got none of {count} patients; give more patients, or other --split shares.": (
        "{count} 位患者没有一位分到 {split} 划分；请给出更多患者，或换一个 --split 比例。"
    ),
    "{path} is a file; name a directory to write to.": "{path} 是文件；请指定要写入的目录。",
    "{path} is not empty and no earlier output of seqsetvae-prepare (it holds {name}); name another directory, "
    "or add --force to write into it.": (
        "{path} 不是空目录，也不是 seqsetvae-prepare 早先的输出（内有 {name}）；请换一个目录，或加上 --force 写入。"
    ),
    "Cannot write to {path}: {reason}; choose another output directory.": (
        "无法写入 {path}：{reason}；请换一个输出目录。"
    ),
    "There is no directory {path}; name the one that holds set-a/ and Outcomes-a.txt.": (
        "没有目录 {path}；请指定含有 set-a/ 和 Outcomes-a.txt 的目录。"
    ),
    "There is no Outcomes-{letter}.txt inside or beside {path}; put the outcomes of the set there.": (
        "{path} 之内和旁边都没有 Outcomes-{letter}.txt；请把这一组的结局放在那里。"
    ),
    "{path} holds no <RecordID>.txt files; name the directory of a set.": (
        "{path} 中没有 <RecordID>.txt 文件；请指定一组数据的目录。"
    ),
    "There is no directory {path}; name the one that holds {name}/ and metadata/.": (
        "没有目录 {path}；请指定含有 {name}/ 与 metadata/ 的目录。"
    ),
    "{path} holds no *.parquet files; name the root of a MEDS data set.": (
        "{path} 中没有 *.parquet 文件；请指定 MEDS 数据集的根目录。"
    ),
    "{path} holds no *.parquet files; name the file of labels, or the directory that holds them.": (
        "{path} 中没有 *.parquet 文件；请指定标签文件，或存放它们的目录。"
    ),
    "{path} holds no labels; name a file with subject_id, prediction_time and boolean_value.": (
        "{path} 中没有标签；请指定含 subject_id、prediction_time 和 boolean_value 的文件。"
    ),
    "There is no file {path}; name a parquet file with {names}.": (
        "没有文件 {path}；请指定含 {names} 的 parquet 文件。"
    ),
    "{path} cannot be read as parquet ({reason}); write it anew.": (
        "无法按 parquet 读取 {path}（{reason}）；请重新写出。"
    ),
    "None of the {count} labelled subjects has events in {path}; are both of one data set?": (
        "{count} 位有标签的受试者在 {path} 中都没有事件；二者是否属于同一数据集？"
    ),
    # the rest of seqsetvae-prepare's and the store's
    "{path}: column {name} is {kind}, but must be text; write the variables' names.": (
        "{path}：列 {name} 是 {kind}，但必须是文本；请写变量的名字。"
    ),
    "{path}: column {name} has {count} empty rows; name the variable or drop them.": (
        "{path}：列 {name} 有 {count} 个空行；请写上变量名，或去掉这些行。"
    ),
    "{path}: column {name} is {kind}, but must be whole numbers; write it as int or drop it.": (
        "{path}：列 {name} 是 {kind}，但必须是整数；请写成 int，或去掉该列。"
    ),
    "Subject {id} is in {one} and in {other}; put all its rows into one.": (
        "受试者 {id} 既在 {one} 中又在 {other} 中；请把它的所有行放在一处。"
    ),
    "{path}: subject {id} has two labels at one prediction_time; keep one of them.": (
        "{path}：受试者 {id} 在同一 prediction_time 有两个标签；请保留一个。"
    ),
    "{path}: subject {id} is in {name}, but splits must be {names}; rename it, or take the file away to "
    "have the subjects split by --split.": (
        "{path}：受试者 {id} 属于 {name}，但划分必须是 {names}；请改名，或移走该文件，由 --split 划分受试者。"
    ),
    "{path}: subject {id} comes a second time; remove one of the rows.": (
        "{path}：受试者 {id} 第二次出现；请删除其中一行。"
    ),
    "{path} cannot be read as parquet ({reason}); write the shard anew.": (
        "无法按 parquet 读取 {path}（{reason}）；请重新写出该分片。"
    ),
    "{path} has no column {name}, which MEDS 0.4 needs{older}; convert the data set.": (
        "{path} 没有 MEDS 0.4 要求的列 {name}{older}；请转换该数据集。"
    ),
    "{path}: column {name} has {count} empty cells; fill or remove them.": (
        "{path}：列 {name} 有 {count} 个空单元格；请填写或删除。"
    ),
    "{path}: column {name} is of type {kind}, but must be {wanted}; convert the data set.": (
        "{path}：列 {name} 的类型是 {kind}，但必须是 {wanted}；请转换该数据集。"
    ),
    "{path}: the rows of subject {id} are not together; sort the shard.": (
        "{path}：受试者 {id} 的行不在一起；请给该分片排序。"
    ),
    "{path}:1: the first line must be {header}; is this a file of the challenge?": (
        "{path}:1：第一行必须是 {header}；这是该挑战赛的文件吗？"
    ),
    "{path} lacks {count} of the {total} stays in {directory} (the first: {ids}); use the outcomes that "
    "belong to this set.": (
        "{path} 缺少 {directory} 中 {total} 次住院里的 {count} 次（前几个：{ids}）；请使用属于这一组的结局。"
    ),
    "Stay {id} is in {one} and in {other}; give it once.": "住院 {id} 既在 {one} 中又在 {other} 中；请只给一次。",
    "{path} has no column {name}; it must be an Outcomes file of the challenge.": (
        "{path} 没有列 {name}；它必须是该挑战赛的 Outcomes 文件。"
    ),
    "{path}:{line}: {name} is {value}, but must be 0 or 1.": "{path}:{line}：{name} 为 {value}，但必须是 0 或 1。",
    "{path}:{line}: stay {id} comes a second time; remove one of the lines.": (
        "{path}:{line}：住院 {id} 第二次出现；请删除其中一行。"
    ),
    "{path}:{line}: RecordID is {value}, but the file is named after another stay.": (
        "{path}:{line}：RecordID 为 {value}，但文件名是另一次住院。"
    ),
    "There are no patients to sample from: the split is empty.": "没有可抽样的患者：该划分为空。",
    "The run stopped within epoch {epoch}, whose batches have changed since ({changed}); resume with what "
    "it was started with, or from a checkpoint at the end of an epoch.": (
        "运行停在第 {epoch} 轮之中，而该轮的批次此后有了变化（{changed}）；请用开始时的设置恢复，或从某一轮结束时"
        "的检查点恢复。"
    ),
    "--missing_label is {value}, but must be one of {choices}.": (
        "--missing_label 为 {value}，但必须是 {choices} 之一。"
    ),
    "--{name} is {value}, but must be at least {least}, or none.": (
        "--{name} 为 {value}，但必须不小于 {least}，或为 none。"
    ),
    "Cannot pack {path}: {reason}; make room on its disk.": "无法打包 {path}：{reason}；请在它的磁盘上腾出空间。",
    "{path} lacks {count} of {total} variables (the first: {names}); add their embeddings, or remove the "
    "file to have embeddings learned.": (
        "{path} 缺少 {total} 个变量中的 {count} 个（前几个：{names}）；请补上它们的嵌入，或移走该文件，由训练学得嵌入。"
    ),
    "{path}:{line}: the row has {count} values for {columns} columns; correct the row.": (
        "{path}:{line}：该行有 {count} 个值，却有 {columns} 列；请更正该行。"
    ),
    "{path}:{line}: {said}; remove or correct the row.": "{path}:{line}：{said}；请删除或更正该行。",
    "the variable has no name": "变量没有名字",
    "variable {name} comes a second time": "变量 {name} 第二次出现",
    "{path}:{line}: variable {name} comes a second time; remove one of the rows.": (
        "{path}:{line}：变量 {name} 第二次出现；请删除其中一行。"
    ),
    "{path}:{line}: the embedding of {name} is not all numbers; correct the row.": (
        "{path}:{line}：{name} 的嵌入不全是数字；请更正该行。"
    ),
    "{path} holds no *.jsonl.gz; make some with python -m benchmarks.collapse.train_runs": (
        "{path} 中没有 *.jsonl.gz；请用 python -m benchmarks.collapse.train_runs 生成"
    ),
    "{path} is not a stream of the collapse benchmark: {kind}: {reason}": (
        "{path} 不是坍塌基准的日志流：{kind}：{reason}"
    ),
    "the model in {path} answers with NaN or infinity, its training had diverged by step {step}; take an "
    "earlier checkpoint": ("{path} 中的模型给出 NaN 或无穷，训练在第 {step} 步之前已经发散；请取更早的检查点"),
    "checkpoint {path} does not fit this version of the model: {reason}; train it anew, or use the version "
    "that wrote it": ("检查点 {path} 与本版本的模型不符：{reason}；请重新训练，或使用写出它的版本"),
    # seqsetvae-analyze, seqsetvae-visualize, seqsetvae-bench
    'figures need matplotlib; install it with pip install "seqsetvae[report]"': (
        '画图需要 matplotlib；请用 pip install "seqsetvae[report]" 安装'
    ),
    "{path} does not exist; give a directory that holds runs, or a run's own directory": (
        "{path} 不存在；请给出存放运行的目录，或一次运行自己的目录"
    ),
    "{path} holds no run: {reason}; name another directory": "{path} 中没有运行：{reason}；请指定另一个目录",
    "{path} is no log that can be read by itself; give the directory that holds it": (
        "{path} 不是可以单独读取的日志；请给出它所在的目录"
    ),
    "nothing to draw: {said}; name a run that has logged": "没有可画的：{said}；请指定已经写入日志的运行",
    "{path} has no metric that figures show": "{path} 没有图中会画的指标",
    "--save_dir {path} cannot be made: {reason}; name another directory": (
        "无法建立 --save_dir {path}：{reason}；请指定另一个目录"
    ),
    "--save_dir {path} cannot be written to; name another directory": ("无法写入 --save_dir {path}；请指定另一个目录"),
    "{path} cannot be written: {reason}; free some space or name another --save_dir": (
        "无法写入 {path}：{reason}；请腾出空间，或指定另一个 --save_dir"
    ),
    'looking into a model needs torch; install it with pip install "seqsetvae[train]"': (
        '查看模型需要 torch；请用 pip install "seqsetvae[train]" 安装'
    ),
    "--device cuda: there is no CUDA device; leave it out to compute on the CPU": (
        "--device cuda：没有 CUDA 设备；去掉它则在 CPU 上计算"
    ),
    '--projection umap needs umap-learn; install it with pip install "seqsetvae[umap]"': (
        '--projection umap 需要 umap-learn；请用 pip install "seqsetvae[umap]" 安装'
    ),
    "--sample {id}: there is no such patient; choose another, such as {known}": (
        "--sample {id}：没有这位患者；请另选，例如 {known}"
    ),
    "--device cuda: there is no CUDA device; leave it out to measure on the CPU": (
        "--device cuda：没有 CUDA 设备；去掉它则在 CPU 上测量"
    ),
    "--batch_sizes {sizes} must be at least 1 and at most --patients {count}": (
        "--batch_sizes {sizes} 必须不小于 1，且不大于 --patients {count}"
    ),
    "--patients {count} is more than the {total} of the train split": "--patients {count} 多于训练集的 {total}",
    "--recommend needs the data that will be trained on: name it with --data_dir": (
        "--recommend 需要将要训练的数据：请用 --data_dir 指定"
    ),
    "{flag} {path} cannot be written: {reason}": "无法写入 {flag} {path}：{reason}",
    "--streams {path} is no directory; streams come with the source, see README.md": (
        "--streams {path} 不是目录；日志流随源代码提供，见 README.md"
    ),
    "{path} has no runs of the half {half}; choose another --half": (
        "{path} 中没有 {half} 这一半的运行；请换一个 --half"
    ),
    # seqsetvae-import
    "{path} exists already; choose another name with --run, or remove it first": (
        "{path} 已经存在；请用 --run 换一个名字，或先删除它"
    ),
    "{path} does not exist; name a log or a directory with logs": "{path} 不存在；请指定一份日志，或含有日志的目录",
    "{path} has a name that tells no format; choose one with --format": (
        "从 {path} 的名字看不出格式；请用 --format 指定"
    ),
    "{path} holds no {said}; formats and their file names are in docs/import.md": (
        "{path} 中没有{said}；格式与文件名见 docs/import.md"
    ),
    "logs of other tools": "其他工具的日志",
    "logs of {tool}": " {tool} 的日志",
    "--run {name} is no name of a run; take words, with slashes between them at most": (
        "--run {name} 不是运行的名字；请用词，之间至多用斜杠"
    ),
    "{said} (and so on: {count} logs)": "{said}（其余类似：共 {count} 份日志）",
    "cannot write {path}: {reason}; choose another place": "无法写入 {path}：{reason}；请换一个位置",
    "{path} holds no numbers: {contents}": "{path} 中没有数字：{contents}",
    "{path} was replaced while it was read; import it again": "{path} 在读取时被替换；请重新导入",
    "{path} was replaced while it was read; try again": "{path} 在读取时被替换；请再试一次",
    "{path} is not there any more": "{path} 已不存在",
    "{path} holds no table of names; write one line NAME: OURS for each metric": (
        "{path} 中没有名字对照表；请为每个指标写一行 NAME: OURS"
    ),
    "{path} is neither YAML nor JSON; write one line NAME: OURS for each metric": (
        "{path} 既不是 YAML 也不是 JSON；请为每个指标写一行 NAME: OURS"
    ),
    "{path} maps {name} to {ours}; names are text, and null leaves one out": (
        "{path} 把 {name} 对应到 {ours}；名字应为文本，null 表示略去"
    ),
    "{path} maps {name} to {ours}, which the log format keeps for itself": (
        "{path} 把 {name} 对应到 {ours}，而这是日志格式保留的"
    ),
    # what other tools' logs hold beside numbers
    "lines that were not understood": "未能理解的行",
    "records whose checksum is wrong": "校验和错误的记录",
    "values that are no scalars": "不是标量的值",
    "records without values": "没有值的记录",
    "records that are no events": "不是事件的记录",
    "points of impossible steps or times": "步数或时间不可能的点",
    "rows that do not fit the header": "与表头不符的行",
    "cells that are no numbers": "不是数的单元格",
    "headers without a column step": "没有 step 列的表头",
    "stretches of broken bytes": "损坏的字节段",
    "records too long for numbers": "长得不像数字的记录",
    "entries without a step": "没有步数的条目",
    "values that are no numbers": "不是数的值",
    "files without a log_history": "没有 log_history 的文件",
    "files that do not begin like W&B's": "开头不像 W&B 的文件",
    "broken chunks": "损坏的块",
    "records that could not be read": "无法读取的记录",
    "rows without a step or of impossible ones": "没有步数或步数不可能的行",
}
