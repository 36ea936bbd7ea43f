"""The site: pages in two languages, the reference generated from the code, the picture of the watcher."""
