#!/usr/bin/env node
// Runs on any Node that npm runs on, and hands over to the Node 24 that comes as a dependency.
"use strict";
var childProcess = require("child_process");
var fs = require("fs");
var path = require("path");

var WANTED = 24;
var root = path.join(__dirname, "..");
// A checkout runs its sources; the package holds only what was compiled.
var source = path.join(root, "src", "cli", "main.ts");
var entry = fs.existsSync(source) ? source : path.join(root, "dist", "cli", "main.js");

function bundledNode() {
  try {
    var manifest = require.resolve("node/package.json", { paths: [root] });
    var binary = path.join(path.dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
    return fs.existsSync(binary) ? binary : undefined;
  } catch (_) {
    return undefined;
  }
}

var node = parseInt(process.versions.node, 10) >= WANTED ? process.execPath : bundledNode();
if (!node) {
  process.stderr.write(
    "toolgate needs Node " + WANTED + " and found " + process.version + ".\n" +
      "The package brings it along as its dependency \"node\", but its install script did not run.\n" +
      "Allow it (npm 12: \"allowScripts\": { \"node\": true } in package.json) and install again, or run on Node " + WANTED + ".\n",
  );
  process.exit(70);
}

// By the channel the child notices if this process is killed.
var child = childProcess.spawn(node, ["--disable-warning=ExperimentalWarning", entry].concat(process.argv.slice(2)), {
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});
["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"].forEach(function (signal) {
  process.on(signal, function () {
    child.kill(signal);
  });
});
child.on("error", function (error) {
  process.stderr.write("toolgate could not start " + node + ": " + error.message + "\n");
  process.exit(70);
});
child.on("exit", function (code, signal) {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code === null ? 70 : code);
  }
});
