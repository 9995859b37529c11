import { Module } from '@nestjs/common';
import { ConversationSearch } from './conversation-search.js';
import { SearchIndex } from './search-index.js';

@Module({ providers: [ConversationSearch, SearchIndex], exports: [ConversationSearch] })
export class SearchModule {}
