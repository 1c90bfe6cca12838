import { type ChildProcess, spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { parseArgs } from "node:util";

/**
 * `guardian <grace ms> [--uid N --gid N] [--pid-file FILE] -- command arguments…` runs the command for as long
 * as the guardian's own standard input is open. The pipe's other end belongs to whoever started it and is closed
 * by the kernel when that process ends, even by SIGKILL: then the command gets SIGTERM, and SIGKILL after the
 * grace. The exit code is the command's; 128 and the signal's number if a signal ended it.
 */
interface Orders {
	graceMs: number;
	command: string;
	args: string[];
	uid: number | undefined;
	gid: number | undefined;
	pidFile: string | undefined;
}

function readOrders(argv: string[]): Orders {
	const separator = argv.indexOf("--");
	const [command, ...args] = separator < 0 ? [] : argv.slice(separator + 1);
	const { values, positionals } = parseArgs({
		args: separator < 0 ? argv : argv.slice(0, separator),
		allowPositionals: true,
		options: {
			uid: { type: "string" },
			gid: { type: "string" },
			"pid-file": { type: "string" },
		},
	});
	const graceMs = Number(positionals[0]);
	if (command === undefined || !Number.isInteger(graceMs)) {
		throw new TypeError("usage: guardian <grace ms> [options] -- command…");
	}
	return {
		graceMs,
		command,
		args,
		uid: values.uid === undefined ? undefined : Number(values.uid),
		gid: values.gid === undefined ? undefined : Number(values.gid),
		pidFile: values["pid-file"],
	};
}

/** Ends what is left of the child's process group. An empty group is ESRCH; macOS says EPERM. */
function killGroup(child: ChildProcess): void {
	if (child.pid === undefined) return;
	try {
		process.kill(-child.pid, "SIGKILL");
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : "";
		if (code !== "ESRCH" && code !== "EPERM") throw error;
	}
}

function guard(orders: Orders): void {
	const child = spawn(orders.command, orders.args, {
		stdio: ["ignore", "inherit", "inherit"],
		detached: true,
		...(orders.uid === undefined ? {} : { uid: orders.uid }),
		...(orders.gid === undefined ? {} : { gid: orders.gid }),
	});
	if (orders.pidFile !== undefined && child.pid !== undefined) {
		try {
			writeFileSync(orders.pidFile, `${child.pid}\n`);
		} catch (error) {
			killGroup(child);
			throw error;
		}
	}

	let ending = false;
	const end = () => {
		if (ending) return;
		ending = true;
		child.kill("SIGTERM");
		setTimeout(() => killGroup(child), orders.graceMs);
	};
	process.stdin.on("end", end).on("close", end).on("error", end).resume();
	for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
		process.on(signal, end);
	}

	child.on("error", (error) => {
		process.stderr.write(`${orders.command}: ${error.message}\n`);
		process.exit(127);
	});
	child.on("exit", (code, signal) => {
		killGroup(child);
		if (orders.pidFile !== undefined) rmSync(orders.pidFile, { force: true });
		process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0));
	});
}

guard(readOrders(process.argv.slice(2)));
