import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { ServiceUser } from "./service-user.ts";

export interface GuardedOptions {
	/** The whole environment of the command. */
	env: NodeJS.ProcessEnv;
	cwd: string;
	/** Milliseconds between SIGTERM and SIGKILL. */
	graceMs: number;
	/** An open file for the command's standard output and error. */
	output: number;
	user?: ServiceUser | undefined;
	/** Holds the command's process id while it runs. */
	pidFile?: string;
}

/** A command that ends when this process does, however this process ends. */
export interface GuardedProcess {
	/** The command's exit code; 128 and the signal's number if a signal ended it. */
	readonly exited: Promise<number>;
	/** SIGTERM, then SIGKILL after the grace; returns when the command has ended. */
	stop(): Promise<void>;
}

/** Runs a command under the guardian, in a session of its own: Ctrl-C at the terminal reaches us alone. */
export function startGuarded(
	command: string,
	args: readonly string[],
	options: GuardedOptions,
): GuardedProcess {
	const guardian = createRequire(import.meta.url).resolve(
		"#dist/sidecar/dev/guardian.js",
	);
	const { user, pidFile } = options;
	const orders = [
		String(options.graceMs),
		...(user === undefined
			? []
			: ["--uid", String(user.uid), "--gid", String(user.gid)]),
		...(pidFile === undefined ? [] : ["--pid-file", pidFile]),
	];
	const child = spawn(
		process.execPath,
		[guardian, ...orders, "--", command, ...args],
		{
			stdio: ["pipe", options.output, options.output],
			detached: true,
			env: options.env,
			cwd: options.cwd,
		},
	);
	const exited = once(child, "exit").then(([code]) =>
		typeof code === "number" ? code : 128,
	);
	// A guardian that has ended already closes the pipe from its side.
	child.stdin?.on("error", () => undefined);
	return {
		exited,
		async stop() {
			child.stdin?.destroy();
			await exited;
		},
	};
}
