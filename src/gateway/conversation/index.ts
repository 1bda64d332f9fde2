export type { Conversation, Listener, Questions, Sent, ToSend, Turn } from "./conversation.ts";
export { type ConversationStart, ServerConversation } from "./server-conversation.ts";
export { askAgain, talk } from "./talk.ts";
