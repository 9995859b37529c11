import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import { BoardPage } from './board/board-page.js';
import { Shell } from './session/shell.js';
import './style.css';

render(
  <Shell page="board">
    <BoardPage />
  </Shell>,
  document.body,
);
