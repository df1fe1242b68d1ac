const COMMON = new Set(
  `password 123456 12345678 qwerty abc123 monkey 1234567 letmein trustno1 dragon baseball iloveyou master sunshine ashley
   bailey passw0rd shadow 123123 654321 superman qazwsx michael football`.split(/\s+/),
);

const MIN_LENGTH = 8;
const MAX_LENGTH = 72;

/** What makes the password weak, or undefined. Lengths are bytes of UTF-8. */
export function passwordWeakness(password: string, complexity: boolean): string | undefined {
  const bytes = Buffer.byteLength(password);
  if (bytes < MIN_LENGTH) return "Password must be at least 8 characters (weak)";
  if (bytes > MAX_LENGTH) return "Password must be at most 72 characters (bcrypt limit, weak)";
  if (COMMON.has(password.toLowerCase())) return "Password is too common";
  if (!complexity) return undefined;
  if (!/\p{Lu}/u.test(password)) return "Password must include at least one uppercase letter";
  if (!/\p{Ll}/u.test(password)) return "Password must include at least one lowercase letter";
  if (!/\p{Nd}/u.test(password)) return "Password must include at least one digit";
  if (!/[^\p{L}\p{N}]/u.test(password)) return "Password must include at least one special character";
  return undefined;
}

/** What is wrong with a user name, or undefined. Names are case-sensitive. */
export function userNameProblem(name: string): string | undefined {
  if (name === "") return "Name cannot be empty";
  if (Buffer.byteLength(name) > 128) return "Name is too long (max 128 bytes)";
  if (name.includes("..") || /[/\\\0]/.test(name)) return "Name cannot contain '..', '/', '\\' or NUL";
  return undefined;
}
