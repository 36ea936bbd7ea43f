"""What the watcher says of logs while it reads them: how it follows them, and what goes wrong."""

TEXTS = {
    "its process is gone": "进程已不在",
    "no write for longer than its cadence allows": "超出其节奏仍无写入",
    "polling": "轮询",
    "inotify + poll": "inotify + 轮询",
    "polling, {said}": "轮询，{said}",
    "no file notifications (the directory is gone)": "无文件通知（目录已不在）",
    "no file notifications (the system has no watches left)": "无文件通知（系统的监视数已用完）",
    "no file notifications ({error})": "无文件通知（{error}）",
    "{logdir} is gone; waiting for it": "{logdir} 已不在，正等它回来",
    "reading has stopped: {error}": "读取已停止：{error}",
    "cannot read {path}: {reason}; trying again": "无法读取 {path}：{reason}；将重试",
    "{path} is not a regular file; nothing is read from it": "{path} 不是普通文件，不从中读取",
    "{path} does not exist": "{path} 不存在",
    "cannot read {path}: {reason}": "无法读取 {path}：{reason}",
    "{path} is not a manifest: {error}": "{path} 不是清单文件：{error}",
    "{path} has format {format}, this version reads up to {known}; update seqsetvae": (
        "{path} 的格式为 {format}，本版本最高读到 {known}；请更新 seqsetvae"
    ),
    "{path} is longer than {size}; nothing is read from it": "{path} 超过 {size}，不从中读取",
    "left and up: z says less, sets are reconstructed worse": "左上：z 说得更少，重建变差",
    "left: z says less": "向左：z 说得更少",
    "up: sets are reconstructed worse": "向上：重建变差",
    "down: sets are reconstructed better": "向下：重建变好",
    "right: z says more": "向右：z 说得更多",
    "at rest where z said least": "停在 z 说得最少之处",
    "at rest": "静止",
    "{rate} and {distortion} have no finite value in common yet": "{rate} 与 {distortion} 还没有同一步的有限值",
    "no {name} in this log: the path needs both": "日志中没有 {name}：画轨迹两者都要有",
    "no {rate} and no {distortion} in this log: the path needs both": (
        "日志中没有 {rate} 和 {distortion}：画轨迹两者都要有"
    ),
    "{run} has no records to replay yet": "{run} 还没有可回放的记录",
    "replay has stopped: {error}": "回放已停止：{error}",
    "{path} has changed while it was read; look again": "{path} 在读取时发生了变化，请再看一次",
    "{path} has changed while it was read; open the replay again": "{path} 在读取时发生了变化，请重新打开回放",
}
