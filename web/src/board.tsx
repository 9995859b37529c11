import { render } from 'preact';
import './style.css';

render(<h1>Board</h1>, document.body);
