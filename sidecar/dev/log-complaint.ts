import { readFileSync } from "node:fs";

/** pino's level of a warning. */
const warnLevel = 40;

/** Node's own warnings, which no end of a process is explained by. */
const nodeWarning = /^\((node:\d+|Use `node)/;

/** What a log file of the sidecar says about its end, with the file's path. */
export function lastComplaint(logFile: string): string {
	const text = readFileSync(logFile, "utf8");
	return `${complaintIn(text) ?? "without a word"} (log: ${logFile})`;
}

/**
 * The last error in a log, else its last warning, or undefined if there is neither. A line that is no JSON counts as
 * well, since a crash is written as plain text.
 */
export function complaintIn(log: string): string | undefined {
	const complaints = log
		.split("\n")
		.filter((line) => line.trim() !== "" && !nodeWarning.test(line))
		.flatMap((line) => complaintOf(line) ?? []);
	// A stack trace follows its error.
	const error = complaints.findLast((line) => /\w*Error: /.test(line));
	return error ?? complaints.at(-1);
}

function complaintOf(line: string): string | undefined {
	const entry = parseJson(line);
	if (typeof entry !== "object" || entry === null) return line.trim();
	if (!("level" in entry) || Number(entry.level) < warnLevel) return undefined;
	const parts = [
		"msg" in entry ? String(entry.msg) : "",
		"err" in entry ? errorMessage(entry.err) : "",
	];
	return [...new Set(parts)].filter(Boolean).join(": ");
}

function errorMessage(error: unknown): string {
	if (typeof error !== "object" || error === null) return "";
	return "message" in error ? String(error.message) : "";
}

function parseJson(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}
